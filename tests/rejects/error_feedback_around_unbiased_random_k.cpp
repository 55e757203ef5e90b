// expects: error feedback needs a contraction
// expects: send values as they are, error_feedback<random_k<512, 64, scaling::plain>>
#include "saddle/compressor/error_feedback.hpp"
#include "saddle/compressor/random_k.hpp"

using namespace saddle;

[[maybe_unused]] error_feedback<random_k<512, 8, scaling::plain>> const sound;
#ifndef SADDLE_ACCEPT
[[maybe_unused]] error_feedback<random_k<512, 8, scaling::unbiased>> const unsound;
#endif
