// The part of the library that no policy changes. A program of several files, or one that is compiled often, defines
// SADDLE_COMPILED everywhere and compiles this file once, with the same flags; CMake's target saddle::compiled does both.
#ifndef SADDLE_COMPILED
#define SADDLE_COMPILED
#endif
#define SADDLE_COMPILED_HERE
#include "saddle/saddle.hpp"
