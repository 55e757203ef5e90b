#pragma once

/// saddle.hpp, and what needs libtorch, 1.13 or newer: players that are modules of torch::nn.
#include "saddle/problem/torch_batches.hpp"
#include "saddle/problem/torch_gan.hpp"
#include "saddle/problem/torch_gradient_penalty.hpp"
#include "saddle/problem/torch_model.hpp"
#include "saddle/problem/torch_split_gan.hpp"
#include "saddle/problem/torch_state.hpp"
#include "saddle/saddle.hpp"
