from base import LRScheduler

GRÖSSE = 'ÄÖÜ'
