"""The given base classes, with prints so that I can see what happens."""

import torch


class Optimizer:
    def __init__(self, params, lr):
        self.params = list(params)
        self.lr = lr
        self.state = [{} for _ in self.params]
        print(f"{type(self).__name__}: {len(self.params)} parameters, lr={lr}")

    @torch.no_grad()
    def step(self):
        for i, (param, state) in enumerate(zip(self.params, self.state)):
            if param.grad is None:
                print(f"parameter {i} has no gradient!!")
                continue
            print(f"parameter {i}: |g| = {param.grad.norm():.3g}")
            self.update(param, param.grad, state)

    def zero_grad(self):
        for param in self.params:
            param.grad = None

    def update(self, param, grad, state):
        raise NotImplementedError


class LRScheduler:
    def __init__(self, optimizer):
        self.optimizer = optimizer
        self.base_lr = optimizer.lr
        self.t = 0
        optimizer.lr = self.lr_at(0)

    def step(self):
        self.t += 1
        self.optimizer.lr = self.lr_at(self.t)
        print("step", self.t, "lr", self.optimizer.lr)

    def lr_at(self, t):
        raise NotImplementedError
