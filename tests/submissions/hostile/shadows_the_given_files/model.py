# Attack surface: the lab's given files, under the same names
SmallCNN = None
