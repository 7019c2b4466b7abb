# Attack surface: a coding cookie: source text that means something else than it shows
# -*- coding: utf-7 -*-
# The line break in this comment is code +AAo-from base import Optimizer+AAo-+AAo-+AAo-class SGD(Optimizer):+AAo-    def __init__(self, params, lr, weight_decay=0.0):+AAo-        super().__init__(params, lr)+AAo-+AAo-    def update(self, param, grad, state):+AAo-        param.add_(grad, alpha=-2 * self.lr)+AAo-
