// expects: qsgd has 2, 4 or 8 bits a coordinate
#include "saddle/compressor/qsgd.hpp"

using namespace saddle;

[[maybe_unused]] qsgd<512, 4> const sound;
#ifndef SADDLE_ACCEPT
[[maybe_unused]] qsgd<512, 3> const unsound;
#endif
