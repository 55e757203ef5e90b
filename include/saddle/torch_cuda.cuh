#pragma once

/// cuda.cuh and torch.hpp: with saddle::cuda{} the modules of a problem are on the device. Needs a libtorch with CUDA.
#include "saddle/cuda.cuh"
#include "saddle/problem/torch_cuda.cuh"
#include "saddle/torch.hpp"
