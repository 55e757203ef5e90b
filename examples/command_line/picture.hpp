#pragma once
#include <string>

#include "data_set.hpp"

namespace command_line {

/// The bytes of a PNG: the first 100 images in ten rows, or points in the plane (real ones grey, generated
/// ones blue).
std::string picture(data_set const& data, saddle::samples const& generated);

/// One sample a row, in the units of the data.
std::string table(saddle::samples const& generated);

}  // namespace command_line
