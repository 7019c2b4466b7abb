# docker buildx bake --file docker/docker-bake.hcl [cpu] [cuda] [--push]
#
# From the project's root.  `python docker/build.py labels` prints the variables for this checkout, to be exported.
# Attestations need a builder with the docker-container driver and travel with --push.

variable "REPOSITORY" { default = "dl-lab-grader" }
variable "BASE_IMAGE" { default = "" } # "": the Dockerfile's, pinned by digest
variable "VERSION" { default = "" }
variable "COMMIT" { default = "" }
variable "HARNESS_HASH" { default = "" }
variable "LAB_HASHES" { default = "" }
variable "PIP_INDEX_URL" { default = "" }
variable "PIP_EXTRA_INDEX_URL" { default = "" } # for cpu: an index with CPU builds of torch, or wheels in docker/wheels/cpu

group "default" {
  targets = ["cpu", "cuda"]
}

target "image" {
  context    = "."
  dockerfile = "docker/Dockerfile"
  platforms  = ["linux/amd64"]
  args = {
    BASE_IMAGE          = BASE_IMAGE != "" ? BASE_IMAGE : null
    VERSION             = VERSION
    COMMIT              = COMMIT
    HARNESS_HASH        = HARNESS_HASH
    LAB_HASHES          = LAB_HASHES
    PIP_INDEX_URL       = PIP_INDEX_URL
    PIP_EXTRA_INDEX_URL = PIP_EXTRA_INDEX_URL
  }
  attest = ["type=sbom", "type=provenance,mode=min"]
}

target "cpu" {
  inherits = ["image"]
  target   = "cpu"
  tags     = ["${REPOSITORY}:cpu"]
}

# From the index's own build of torch, so without the one with CPU builds.
target "cuda" {
  inherits = ["image"]
  target   = "cuda"
  tags     = ["${REPOSITORY}:cuda"]
  args     = { PIP_EXTRA_INDEX_URL = "" }
}
