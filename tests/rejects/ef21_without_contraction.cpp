// expects: ef21 needs a contraction: round to nearest
// expects: or use a smaller bucket
#include "saddle/compressor/ef21.hpp"
#include "saddle/compressor/qsgd.hpp"

using namespace saddle;

[[maybe_unused]] ef21<qsgd<512, 4, rounding::nearest>> const sound;
#ifndef SADDLE_ACCEPT
[[maybe_unused]] ef21<qsgd<512, 4, rounding::dithered>> const unsound;
#endif
