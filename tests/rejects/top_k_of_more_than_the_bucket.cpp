// expects: top_k keeps at least one coordinate and at most the bucket
#include "saddle/compressor/top_k.hpp"

using namespace saddle;

[[maybe_unused]] top_k<128, 128> const sound;
#ifndef SADDLE_ACCEPT
[[maybe_unused]] top_k<128, 129> const unsound;
#endif
