#pragma once
#include <array>
#include <optional>
#include <string>
#include <vector>

#include <saddle/core/samples.hpp>
#include <saddle/problem/partition.hpp>

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

inline constexpr char const* partition_names =
    "iid, shards:N (label shards, N a worker) or dirichlet:ALPHA (of each class)";

/// What --partition says.
/// errors  std::invalid_argument for anything but partition_names
saddle::data_partition partition_of(std::string const& text);
/// saddle::label_distance of the workers' parts; none where the data have no classes.
/// errors  std::invalid_argument: a partition by labels of such data
std::optional<double> label_distance(data_set const& data, saddle::data_partition const& how, int workers);
/// "; partition dirichlet:0.3, label distance 0.41"; empty for iid.
std::string in_words(saddle::data_partition const& how, std::optional<double> label_distance);

}  // namespace command_line
