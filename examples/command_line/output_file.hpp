#pragma once
#include <cstdint>
#include <optional>
#include <string>

#include <saddle/core/atomic_file.hpp>

namespace command_line {

/// Whether it is written straight, as a terminal, a pipe or /dev/stdout is: there is no file to take its place.
bool is_stream(std::string const& path);
/// Tries to make a file of this name, and leaves none.
/// errors  std::runtime_error where it cannot be written
void expect_writable(std::string const& path);
/// Writes all of it; a regular file is there with its name when it is complete.
/// errors  std::runtime_error that names the file
void write_file(std::string const& path, std::string const& text);

/// A table that grows by a row now and then, and is there while it grows. Each row begins with its step. A run that
/// continues from a step keeps the rows up to it that the file has, and drops those after it.
///
/// errors  std::runtime_error that names the file; std::invalid_argument where a run that continues finds another table
class log_file {
 public:
  /// An empty path writes nothing. `kept`: the last step whose row is kept; -1: the file is made anew.
  log_file(std::string path, std::string const& heading, std::int64_t kept);

  /// From here on the file is there. After an error nothing more is written to it.
  void begin();
  void add(std::string const& row);

 private:
  std::string path_, beginning_;
  std::optional<saddle::atomic_file> file_;
};

}  // namespace command_line
