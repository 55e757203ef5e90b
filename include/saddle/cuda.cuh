#pragma once

/// saddle.hpp, and what needs nvcc: the groups of a GPU and its executor.
#include "saddle/executor/cuda.cuh"
#include "saddle/executor/cuda_check.cuh"
#include "saddle/executor/cuda_handles.cuh"
#include "saddle/executor/device_array.cuh"
#include "saddle/executor/device_vector.cuh"
#include "saddle/lanes/cuda_block.cuh"
#include "saddle/problem/device_concept.cuh"
#include "saddle/saddle.hpp"
#include "saddle/train/device_problem.cuh"
