// expects: random_k sends at least one coordinate and at most the bucket
#include "saddle/compressor/random_k.hpp"

using namespace saddle;

[[maybe_unused]] random_k<512, 1> const sound;
#ifndef SADDLE_ACCEPT
[[maybe_unused]] random_k<512, 0> const unsound;
#endif
