# install.sh PYTHON LOCK WHEELS: what LOCK names, with its hashes, into PYTHON's venv, which is made where there is none.
# From the folder WHEELS if any lie there, without a network; otherwise from the index that pip is configured for.
# What came from where is written beside LOCK, as LOCK.json: pip's installation report.
set -eu
python=$1 lock=$2 wheels=$3
[ -e "$python" ] || python3 -m venv --without-pip "${python%/bin/python}"
source=
if ls "$wheels"/*.whl > /dev/null 2>&1; then
    source="--no-index --find-links $wheels"
fi
/opt/tools/bin/python -m pip --python "$python" install --quiet --no-cache-dir --disable-pip-version-check \
    --root-user-action ignore --no-compile --no-deps --require-hashes --only-binary :all: \
    --report "${lock%.lock}.json" $source --requirement "$lock"
# What torch brings for compilers and for its own developers: a quarter of it.
torch=${python%/bin/python}/lib/python3.11/site-packages/torch
if [ -d "$torch" ]; then
    rm -rf "$torch/include" "$torch/share" "$torch/test"
    find "$torch/bin" -type f ! -name torch_shm_manager -delete
fi
# Some packages bring files for newer Pythons, which do not compile.
"$python" -m compileall -qq --invalidation-mode unchecked-hash "${python%/bin/python}/lib" || true
chmod -R a+rX "${python%/bin/python}"
