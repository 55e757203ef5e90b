#pragma once

/// saddle.hpp, and what needs nvcc: the groups of a GPU and its executor.
#include "saddle/exec/cuda.cuh"
#include "saddle/exec/cuda_check.cuh"
#include "saddle/exec/cuda_handles.cuh"
#include "saddle/exec/device_array.cuh"
#include "saddle/exec/device_vector.cuh"
#include "saddle/group/cuda_block.cuh"
#include "saddle/problem/device_concept.cuh"
#include "saddle/saddle.hpp"
#include "saddle/train/device_problem.cuh"
