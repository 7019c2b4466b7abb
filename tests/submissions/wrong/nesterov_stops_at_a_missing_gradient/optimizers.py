# HOMEWORK 3 - OPTIMIZERS
# Notation is the same as on the lecture slides.

# we need torch for the tensors
import torch

# we need the base class that was given to us
from base import Optimizer


# 1. Stochastic gradient descent
class SGD(Optimizer):
    def __init__(self, params, lr, weight_decay=0.0):
        super().__init__(params, lr)
        self.weight_decay = weight_decay

    def step(self):
        # no_grad because the update is not a part of the network
        with torch.no_grad():
            # go through the parameters one by one
            for i in range(len(self.params)):
                theta = self.params[i]
                # skip the ones without a gradient
                if theta.grad is None:
                    continue
                # add the weight decay to the gradient
                gradient = theta.grad + self.weight_decay * theta
                # take the step downhill
                new_theta = theta - self.lr * gradient
                theta.copy_(new_theta)


# 2. SGD with momentum
class Momentum(Optimizer):
    def __init__(self, params, lr, momentum=0.9, weight_decay=0.0):
        super().__init__(params, lr)
        self.momentum = momentum
        self.weight_decay = weight_decay
        # one velocity for each parameter, they all start at zero
        self.velocities = []
        for theta in self.params:
            self.velocities.append(torch.zeros_like(theta))

    def step(self):
        with torch.no_grad():
            for i in range(len(self.params)):
                theta = self.params[i]
                if theta.grad is None:
                    continue
                gradient = theta.grad + self.weight_decay * theta
                # the new velocity is the old one times mu, plus the gradient
                velocity = self.momentum * self.velocities[i] + gradient
                self.velocities[i] = velocity
                new_theta = theta - self.lr * velocity
                theta.copy_(new_theta)


# 3. Nesterov momentum
class Nesterov(Optimizer):
    def __init__(self, params, lr, momentum=0.9, weight_decay=0.0):
        super().__init__(params, lr)
        self.momentum = momentum
        self.weight_decay = weight_decay
        self.velocities = []
        for theta in self.params:
            self.velocities.append(torch.zeros_like(theta))

    def step(self):
        with torch.no_grad():
            for i in range(len(self.params)):
                theta = self.params[i]
                if theta.grad is None:
                    return
                gradient = theta.grad + self.weight_decay * theta
                velocity = self.momentum * self.velocities[i] + gradient
                self.velocities[i] = velocity
                # look ahead: the gradient plus mu times the NEW velocity
                direction = gradient + self.momentum * velocity
                new_theta = theta - self.lr * direction
                theta.copy_(new_theta)


# 4. RMSprop
class RMSprop(Optimizer):
    def __init__(self, params, lr, alpha=0.99, eps=1e-8):
        super().__init__(params, lr)
        self.alpha = alpha
        self.eps = eps
        # running averages of the squared gradients
        self.averages = []
        for theta in self.params:
            self.averages.append(torch.zeros_like(theta))

    def step(self):
        with torch.no_grad():
            for i in range(len(self.params)):
                theta = self.params[i]
                if theta.grad is None:
                    continue
                gradient = theta.grad
                squared = gradient * gradient
                average = self.alpha * self.averages[i] + (1 - self.alpha) * squared
                self.averages[i] = average
                # epsilon so that we never divide by zero
                denominator = torch.sqrt(average) + self.eps
                new_theta = theta - self.lr * gradient / denominator
                theta.copy_(new_theta)


# 5. Adam
class Adam(Optimizer):
    def __init__(self, params, lr, betas=(0.9, 0.999), eps=1e-8, weight_decay=0.0):
        super().__init__(params, lr)
        self.beta1 = betas[0]
        self.beta2 = betas[1]
        self.eps = eps
        self.weight_decay = weight_decay
        self.first_moments = []
        self.second_moments = []
        self.step_counts = []
        for theta in self.params:
            self.first_moments.append(torch.zeros_like(theta))
            self.second_moments.append(torch.zeros_like(theta))
            self.step_counts.append(0)

    def step(self):
        with torch.no_grad():
            for i in range(len(self.params)):
                theta = self.params[i]
                if theta.grad is None:
                    continue
                # count this step
                self.step_counts[i] = self.step_counts[i] + 1
                t = self.step_counts[i]
                gradient = theta.grad + self.weight_decay * theta
                # update the two moments
                m = self.beta1 * self.first_moments[i] + (1 - self.beta1) * gradient
                v = self.beta2 * self.second_moments[i] + (1 - self.beta2) * gradient * gradient
                self.first_moments[i] = m
                self.second_moments[i] = v
                # correct the bias (the moments start at zero)
                m_hat = m / (1 - self.beta1**t)
                v_hat = v / (1 - self.beta2**t)
                # take the step
                new_theta = theta - self.lr * m_hat / (torch.sqrt(v_hat) + self.eps)
                theta.copy_(new_theta)


# 6. AdamW
class AdamW(Optimizer):
    def __init__(self, params, lr, betas=(0.9, 0.999), eps=1e-8, weight_decay=0.01):
        super().__init__(params, lr)
        self.beta1 = betas[0]
        self.beta2 = betas[1]
        self.eps = eps
        self.weight_decay = weight_decay
        self.first_moments = []
        self.second_moments = []
        self.step_counts = []
        for theta in self.params:
            self.first_moments.append(torch.zeros_like(theta))
            self.second_moments.append(torch.zeros_like(theta))
            self.step_counts.append(0)

    def step(self):
        with torch.no_grad():
            for i in range(len(self.params)):
                theta = self.params[i]
                if theta.grad is None:
                    continue
                self.step_counts[i] = self.step_counts[i] + 1
                t = self.step_counts[i]
                gradient = theta.grad
                # shrink the weights first, this does not go through the moments
                decayed = theta - self.lr * self.weight_decay * theta
                m = self.beta1 * self.first_moments[i] + (1 - self.beta1) * gradient
                v = self.beta2 * self.second_moments[i] + (1 - self.beta2) * gradient * gradient
                self.first_moments[i] = m
                self.second_moments[i] = v
                m_hat = m / (1 - self.beta1**t)
                v_hat = v / (1 - self.beta2**t)
                new_theta = decayed - self.lr * m_hat / (torch.sqrt(v_hat) + self.eps)
                theta.copy_(new_theta)


# 7. Lookahead (bonus)
class Lookahead:
    def __init__(self, optimizer, k=5, alpha=0.5):
        self.optimizer = optimizer
        self.params = optimizer.params
        self.k = k
        self.alpha = alpha
        self.counter = 0
        # a copy of all the weights, these are the slow weights
        self.slow_weights = []
        for theta in self.params:
            self.slow_weights.append(theta.detach().clone())

    # the learning rate is the one of the optimizer inside
    @property
    def lr(self):
        return self.optimizer.lr

    @lr.setter
    def lr(self, new_lr):
        self.optimizer.lr = new_lr

    def zero_grad(self):
        self.optimizer.zero_grad()

    def step(self):
        self.optimizer.step()
        self.counter = self.counter + 1
        # every k steps the slow weights catch up
        if self.counter % self.k == 0:
            with torch.no_grad():
                for i in range(len(self.params)):
                    fast = self.params[i]
                    slow = self.slow_weights[i]
                    new_slow = slow + self.alpha * (fast - slow)
                    self.slow_weights[i] = new_slow
                    fast.copy_(new_slow)
