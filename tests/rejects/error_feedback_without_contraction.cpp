// expects: error feedback needs a contraction: round to nearest
// expects: or use a smaller bucket
#include "saddle/compressor/error_feedback.hpp"
#include "saddle/compressor/qsgd.hpp"

using namespace saddle;

[[maybe_unused]] error_feedback<qsgd<512, 4, rounding::nearest>> const sound;
#ifndef SADDLE_ACCEPT
[[maybe_unused]] error_feedback<qsgd<512, 4, rounding::dithered>> const unsound;
#endif
