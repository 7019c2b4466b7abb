import torch as t


def engine(param, beta1, beta2, eps):
    return t.optim.Adam([param], betas=(beta1, beta2), eps=eps)


def advance(engine, param, grad, lr):
    engine.param_groups[0]["lr"] = lr
    before, param.grad = param.grad, grad
    engine.step()
    param.grad = before
