#pragma once
#include <array>
#include <string>
#include <vector>

#include <saddle/core/samples.hpp>

namespace command_line {

/// What there is to learn: points in the plane come with the mixture that they were drawn from.
struct data_set {
  saddle::samples real;
  std::vector<std::array<double, 2>> centres = {};  // none where the data are images
  double deviation = 0;
};

inline constexpr char const* data_names = "digits, ring8, grid25, idx:FILE[.gz] or cifar:FILE[.gz]";

/// The file of idx:FILE and cifar:FILE; empty for the others.
inline std::string file_of(std::string const& name) {
  auto const colon = name.find(':');
  return colon == name.npos ? std::string() : name.substr(colon + 1);
}

/// One of data_names; with `labels`, a file that saddle::read_labels reads, these are the classes of the samples.
/// errors  std::runtime_error that names the file, std::invalid_argument for another name
data_set load(std::string const& name, std::string const& labels = {});

}  // namespace command_line
