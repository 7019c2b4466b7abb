"""The messages of Python, NumPy and torch that a student may be shown, as templates.

Wordings are those of Python 3.11 to 3.13, NumPy 2 and torch 2.13, without a final period.  In a template

    <name>   is a name, dotted perhaps; one that the reader does not know already is shown as "…"
    <sign>   is an operator or bracket
    …        is anything, numbers and shapes above all, and shown as "…"

so whatever is not written here word for word, or known to the reader, stays untold.
"""

import re
from collections.abc import Container

_PYTHON = """
'<name>'
<name>
name '<name>' is not defined
cannot access local variable '<name>' where it is not associated with a value
cannot access free variable '<name>' where it is not associated with a value in enclosing scope
'<name>' object has no attribute '<name>'
'<name>' object has no attribute '<name>' and no __dict__ for setting new attributes
type object '<name>' has no attribute '<name>'
module '<name>' has no attribute '<name>'
partially initialized module '<name>' has no attribute '<name>' (most likely due to a circular import)
partially initialized module '<name>' from '…' has no attribute '<name>' (most likely due to a circular import)
cannot access submodule '<name>' of module '<name>' (most likely due to a circular import)
property '<name>' of '<name>' object has no setter
property '<name>' of '<name>' object has no deleter
No module named '<name>'
No module named '<name>'; '<name>' is not a package
cannot import name '<name>' from partially initialized module '<name>' (most likely due to a circular import) (…)
cannot import name '<name>' from '<name>' (…)
attempted relative import with no known parent package
attempted relative import beyond top-level package
'<name>' object is not callable
'<name>' object is not subscriptable
'<name>' object is not iterable
'<name>' object is not an iterator
'<name>' object is not a mapping
'<name>' object is not reversible
'<name>' object does not support item assignment
'<name>' object does not support item deletion
'<name>' object does not support the context manager protocol
'<name>' object cannot be interpreted as an integer
object of type '<name>' has no len()
argument of type '<name>' is not iterable
type <name> doesn't define __round__ method
unhashable type: '<name>'
cannot unpack non-iterable <name> object
Value after * must be an iterable, not <name>
<name> argument after * must be an iterable, not <name>
<name> argument after ** must be a mapping, not <name>
<name>() argument after * must be an iterable, not <name>
<name>() argument after ** must be a mapping, not <name>
keywords must be strings
<name>() missing … required positional argument: '<name>'
<name>() missing … required positional arguments: '<name>' and '<name>'
<name>() missing … required positional arguments: …
<name>() missing … required keyword-only argument: '<name>'
<name>() missing … required keyword-only arguments: '<name>' and '<name>'
<name>() missing … required keyword-only arguments: …
<name>() missing required argument '<name>' (pos …)
<name>() takes from … to … positional arguments but … were given
<name>() takes from … to … positional arguments but … was given
<name>() takes … positional argument but … were given
<name>() takes … positional argument but … was given
<name>() takes … positional arguments but … were given
<name>() takes … positional arguments but … was given
<name>() takes no arguments
<name>() takes no arguments (… given)
<name>() takes exactly one argument (… given)
<name>() takes at most … arguments (… given)
<name>() takes no keyword arguments
<name> expected at most … arguments, got …
<name> expected at least … argument, got …
<name>() got an unexpected keyword argument '<name>'
<name>() got an unexpected keyword argument '<name>'. Did you mean '<name>'?
<name>() got multiple values for argument '<name>'
<name>() got multiple values for keyword argument '<name>'
<name>() got some positional-only arguments passed as keyword arguments: …
'<name>' is an invalid keyword argument for <name>()
<name> takes no arguments
Can't instantiate abstract class <name> with abstract method <name>
Can't instantiate abstract class <name> with abstract methods …
Can't instantiate abstract class <name> without an implementation for abstract method …
object.__init__() takes exactly one argument (the instance to initialize)
object.__new__() takes exactly one argument (the type to instantiate)
super(): no arguments
super(type, obj): obj must be an instance or subtype of type
__init__() should return None, not '<name>'
__bool__ should return bool, returned <name>
__len__() should return >= 0
unsupported operand type(s) for <sign>: '<name>' and '<name>'
unsupported operand type(s) for ** or pow(): '<name>' and '<name>'
bad operand type for unary <sign>: '<name>'
bad operand type for abs(): '<name>'
'<sign>' not supported between instances of '<name>' and '<name>'
can only concatenate <name> (not "<name>") to <name>
can't multiply sequence by non-int of type '<name>'
must be real number, not <name>
must be str, not <name>
float() argument must be a string or a real number, not '<name>'
int() argument must be a string, a bytes-like object or a real number, not '<name>'
could not convert string to float: …
invalid literal for int() with base …: …
list indices must be integers or slices, not <name>
tuple indices must be integers or slices, not <name>
string indices must be integers, not '<name>'
slice indices must be integers or None or have an __index__ method
slice step cannot be zero
list index out of range
list assignment index out of range
tuple index out of range
string index out of range
range object index out of range
pop from empty list
pop from an empty deque
pop index out of range
list.remove(x): x not in list
… is not in list
not enough values to unpack (expected …, got …)
too many values to unpack (expected …)
too many values to unpack (expected …, got …)
dictionary changed size during iteration
dictionary keys changed during iteration
deque mutated during iteration
Set changed size during iteration
cannot convert dictionary update sequence element #… to a sequence
dictionary update sequence element #… has length …; … is required
max() arg is an empty sequence
min() arg is an empty sequence
max() iterable argument is empty
min() iterable argument is empty
zip() argument … is longer than argument …
zip() argument … is shorter than argument …
range() arg … must not be zero
sequence item …: expected str instance, <name> found
unsupported format string passed to <name>.__format__
Unknown format code '<name>' for object of type '<name>'
not enough arguments for format string
not all arguments converted during string formatting
isinstance() arg … must be a type, a tuple of types, or a union
issubclass() arg … must be a class
exceptions must derive from BaseException
catching classes that do not inherit from BaseException is not allowed
maximum recursion depth exceeded
maximum recursion depth exceeded while calling a Python object
maximum recursion depth exceeded in comparison
division by zero
float division by zero
float division
float modulo
float floor division by zero
float modulo by zero
integer division or modulo by zero
integer modulo by zero
complex division by zero
… cannot be raised to a negative power
math domain error
math range error
expected a positive input…
cannot convert float NaN to integer
cannot convert float infinity to integer
int too large to convert to float
Python int too large to convert to C long
(34, 'Numerical result out of range')
Exceeds the limit (… digits) for integer string conversion; use sys.set_int_max_str_digits() to increase the limit
EOF when reading a line
generator raised StopIteration
Cannot choose from an empty sequence
[Errno …] No such file or directory: …
[Errno …] Permission denied: …
[Errno …] Permission denied
[Errno …] Operation not permitted
[Errno …] Read-only file system: …
[Errno …] Function not implemented
[Errno …] No space left on device
[Errno …] File too large
[Errno …] Resource temporarily unavailable
can't start new thread
I/O operation on closed file
"""

_SYNTAX = """
invalid syntax
invalid syntax. Perhaps you forgot a comma?
invalid syntax. Maybe you meant '==' or ':=' instead of '='?
expected ':'
expected '('
expected '{'
expected 'except' or 'finally' block
expected 'else' after 'if' expression
'<sign>' was never closed
unmatched '<sign>'
closing parenthesis '<sign>' does not match opening parenthesis '<sign>'
closing parenthesis '<sign>' does not match opening parenthesis '<sign>' on line …
too many nested parentheses
unexpected EOF while parsing
unexpected indent
unindent does not match any outer indentation level
inconsistent use of tabs and spaces in indentation
expected an indented block after '<name>' statement on line …
expected an indented block after function definition on line …
expected an indented block after class definition on line …
unterminated string literal (detected at line …)
unterminated triple-quoted string literal (detected at line …)
unterminated f-string literal (detected at line …)
unterminated triple-quoted f-string literal (detected at line …)
f-string: …
(unicode error) …
invalid character …
invalid non-printable character …
invalid decimal literal
invalid hexadecimal literal
invalid digit … in … literal
leading zeros in decimal integer literals are not permitted; use an 0o prefix for octal integers
bytes can only contain ASCII literal characters
unexpected character after line continuation character
source code string cannot contain null bytes
source code cannot contain null bytes
encoding problem: …
Missing parentheses in call to '<name>'. Did you mean …?
positional argument follows keyword argument
positional argument follows keyword argument unpacking
iterable argument unpacking follows keyword argument unpacking
non-default argument follows default argument
parameter without a default follows parameter with a default
named arguments must follow bare *
arguments cannot follow var-keyword argument
keyword argument repeated: <name>
duplicate argument '<name>' in function definition
Generator expression must be parenthesized
expression cannot contain assignment, perhaps you meant "=="?
cannot assign to … here. Maybe you meant '==' instead of '='?
cannot assign to <name>
cannot assign to …
cannot delete …
'<name>' is an illegal expression for augmented assignment
only single target (not <name>) can be annotated
illegal target for annotation
can't use starred expression here
starred assignment target must be in a list or tuple
multiple starred expressions in assignment
multiple exception types must be parenthesized
'<name>' outside function
'<name>' outside async function
'<name>' outside loop
'continue' not properly in loop
name '<name>' is assigned to before global declaration
name '<name>' is used prior to global declaration
name '<name>' is parameter and global
no binding for nonlocal '<name>' found
nonlocal declaration not allowed at module level
import * only allowed at module level
trailing comma not allowed without surrounding parentheses
Expected one or more names after 'import'
Did you mean to use 'from ... import ...' instead?
from __future__ imports must occur at the beginning of the file
future feature <name> is not defined
':' expected after dictionary key
expression expected after dictionary key and ':'
"""

_TORCH = """
a leaf Variable that requires grad is being used in an in-place operation
a view of a leaf Variable that requires grad is being used in an in-place operation
Can't call numpy() on Tensor that requires grad. Use tensor.detach().numpy() instead
element … of tensors does not require grad and does not have a grad_fn
grad can be implicitly created only for scalar outputs
Trying to backward through the graph a second time …
one of the variables needed for gradient computation has been modified by an inplace operation: …
One of the differentiated Tensors does not require grad
One of the differentiated Tensors appears to not have been used in the graph…
The differentiated Tensor at index … appears to not have been used in the graph. …
you can only change requires_grad flags of leaf variables. …
Only Tensors of floating point and complex dtype can require gradients
Only Tensors created explicitly by the user (graph leaves) support the deepcopy protocol …
only Tensors of floating point dtype can require gradients
attempting to assign a gradient of size '…' to a tensor of size '…'. …
attempting to assign a gradient with dtype '<name>' to a tensor with grad_dtype '<name>'. …
assigned grad has data of a different size
assigned grad expected to be a Tensor or None but got grad of type <name>
Variable data has to be a tensor, but got <name>
cannot assign '<name>' as parameter '<name>' (torch.nn.Parameter or None expected)
cannot assign '<name>' object to buffer '<name>' (torch Tensor or None required)
cannot assign parameters before Module.__init__() call
Inplace update to inference tensor outside InferenceMode is not allowed…
Setting requires_grad=True on inference tensor outside InferenceMode is not allowed
The size of tensor a (…) must match the size of tensor b (…) at non-singleton dimension …
The expanded size of the tensor (…) must match the existing size (…) at non-singleton dimension …
output with shape … doesn't match the broadcast shape …
mat1 and mat2 shapes cannot be multiplied (…)
mat1 and mat2 must have the same dtype, but got <name> and <name>
expected m1 and m2 to have the same dtype, but got: <name> != <name>
size mismatch, got input (…), mat (…), vec (…)
inconsistent tensor size, expected tensor … and src … to have the same number of elements, but got …
Expected size for first two dimensions of batch2 tensor to be: … but got: …
Sizes of tensors must match except in dimension …
stack expects each tensor to be equal size, but got …
stack expects a non-empty TensorList
torch.cat(): expected a non-empty list of Tensors
expected a non-empty list of Tensors
shape '…' is invalid for input of size …
view size is not compatible with input tensor's size and stride …
Dimension out of range (expected to be in range of …)
index … is out of bounds for dimension … with size …
index out of range in self
too many indices for tensor of dimension …
The shape of the mask … at index … does not match the shape of the indexed tensor … at index …
only integers, slices (`:`), ellipsis (`...`), None and long or byte Variables are valid indices (got <name>)
tensors used as indices must be long, int, byte or bool tensors
invalid index of a 0-dim tensor. Use `tensor.item()` in Python or `tensor.item<T>()` in C++ to …
Boolean value of Tensor with more than one value is ambiguous
Boolean value of Tensor with no values is ambiguous
only one element tensors can be converted to Python scalars
only integer tensors of a single element can be converted to an index
a Tensor with … elements cannot be converted to Scalar
len() of a 0-d tensor
iteration over a 0-d tensor
iterating over a 0-d tensor
result type <name> can't be cast to the desired output type <name>
expected scalar type <name> but found <name>
expected dtype <name> for `<name>` but got dtype <name>
Found dtype <name> but expected <name>
dot : expected both vectors to have same dtype, but found <name> and <name>
mean(): could not infer output dtype. Input dtype must be either a floating point or complex dtype. Got: <name>
"<name>" not implemented for '<name>'
where expected condition to be a boolean tensor, but got a tensor with dtype <name>
masked_fill_ only supports boolean masks, but got mask with dtype <name>
<name>(): argument '<name>' (position …) must be …, not <name>
<name>(): argument '<name>' must be …, not <name>
<name>(): argument '<name>' (position …) must be …
<name>() received an invalid combination of arguments - got (…), but expected …
<name>() missing … required positional arguments: "<name>"
<name>(): Expected reduction dim to be specified for input.numel() == 0. …
<name>(): Expected reduction dim to be specified for input.numel() == 0
new(): invalid data type '<name>'
Could not infer dtype of <name>
can't assign a <name> to a <name>
expected Tensor as element … in argument …, but got <name>
expected np.ndarray (got <name>)
can't convert np.ndarray of type <name>. The only supported types are: …
can't convert cuda:… device type tensor to numpy. Use Tensor.cpu() to copy the tensor to host memory first
Expected all tensors to be on the same device, but found at least two devices, …
Torch not compiled with CUDA enabled
unsupported operation: more than one element of the written-to tensor refers to a single memory location. …
unsupported operation: some elements of the input tensor and the written-to tensor refer to a single memory …
zeros: Dimension size must be non-negative
Trying to create tensor with negative dimension …
optimizer got an empty parameter list
params argument given to the optimizer should be an iterable of Tensors or dicts, but got <name>
Expected input batch_size (…) to match target batch_size (…)
Target … is out of bounds
Given groups=…, weight of size …, expected input… to have … channels, but got … channels instead
linalg.inv: The diagonal element … is zero, the inversion could not be completed because the input matrix is singular
Module [<name>] is missing the required "forward" function
ZeroDivisionError
"""

_NUMPY = """
operands could not be broadcast together with shapes …
non-broadcastable output operand with shape … doesn't match the broadcast shape …
matmul: Input operand … has a mismatch in its core dimension …
The truth value of an array with more than one element is ambiguous. Use a.any() or a.all()
The truth value of an empty array is ambiguous…
only 0-dimensional arrays can be converted to Python scalars
only length-1 arrays can be converted to Python scalars
can only convert an array of size 1 to a Python scalar
index … is out of bounds for axis … with size …
too many indices for array: array is …-dimensional, but … were indexed
only integers, slices (`:`), ellipsis (`...`), numpy.newaxis (`None`) and integer or boolean arrays are valid indices
invalid index to scalar variable
cannot reshape array of size … into shape …
could not broadcast input array from shape … into shape …
setting an array element with a sequence…
all the input arrays must have same number of dimensions, but …
all the input array dimensions except for the concatenation axis must match exactly, but …
need at least one array to concatenate
need at least one array to stack
axis … is out of bounds for array of dimension …
Cannot cast ufunc '<name>' output from dtype('<name>') to dtype('<name>') with casting rule …
ufunc '<name>' not supported for the input types, and the inputs could not be safely coerced …
ufunc '<name>' did not contain a loop with signature matching types …
assignment destination is read-only
output array is read-only
Singular matrix
Got unsupported ScalarType <name>
"""

_SIGNS = frozenset(
    "+ - * / // % ** @ & | ^ ~ << >> < <= > >= == != ( ) [ ] { } += -= *= /= //= %= **= @=".split()  # noqa: SIM905
)
_NAME = re.compile(r"[\w.<>]{1,200}")
_UNKNOWN = "…"
# Literal text and slots in turn, beginning and ending with literal text, which may be empty.
_TEMPLATES = tuple(
    tuple(re.split("(<name>|<sign>|…)", line)) for line in (_PYTHON + _SYNTAX + _TORCH + _NUMPY).splitlines() if line
)


def known_message(text: str, names: Container[str]) -> str:
    """`text` in the words of the first template that it is an instance of; "" if it is none's.

    A slot ends where the literal text after it first stands, so this takes no longer for a text made to be slow.
    """
    text = text.strip().rstrip(".")
    for template in _TEMPLATES:
        shown = _fill(template, text, names)
        if shown:
            return shown if shown.strip("'") != _UNKNOWN else ""
    return ""


def _fill(template: tuple[str, ...], text: str, names: Container[str]) -> str:
    shown, *rest = template
    if not text.startswith(shown):
        return ""
    at = len(shown)
    for i in range(0, len(rest), 2):
        slot, literal = rest[i : i + 2]
        is_last = i + 2 == len(rest)
        end = len(text) - len(literal) if is_last and text.endswith(literal) else text.find(literal, at)
        if end < at:
            return ""
        value = _slot(slot, text[at:end], names)
        if not value:
            return ""
        shown += value + literal
        at = end + len(literal)
    return shown if at == len(text) else ""


def _slot(slot: str, value: str, names: Container[str]) -> str:
    """What is shown for `value`; "" if it has no place in this kind of slot."""
    if slot == "<name>":
        if not _NAME.fullmatch(value):
            return ""
        known = all(part.strip("<>") in names for part in value.split("."))
        return value if known else _UNKNOWN
    if slot == "<sign>":
        return value if value in _SIGNS else ""
    return _UNKNOWN
