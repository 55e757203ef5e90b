#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include "picture.hpp"

namespace command_line {

/// A picture that grows by a row at each evaluation: what the same latent points become over time. A run that continues
/// from a step keeps the rows up to it that the file has; their steps stand in the file, as a comment.
///
/// errors  std::runtime_error that names the file
class strip_file {
 public:
  /// An empty path writes nothing. `kept`: the last step whose row is kept; -1: the file is made anew.
  strip_file(std::string path, std::int64_t kept);

  /// Reads what is there, in rows like this one. Whether a run that continues has found something to continue.
  bool begin(canvas const& row);
  /// The file has this row, too. After an error nothing more is written to it.
  void add(std::int64_t step, canvas const& row);

 private:
  std::string path_;
  std::int64_t kept_;
  std::vector<std::int64_t> steps_;
  canvas all_;
};

}  // namespace command_line
