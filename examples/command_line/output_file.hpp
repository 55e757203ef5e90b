#pragma once
#include <fstream>
#include <string>

namespace command_line {

/// A file that is there with its name only when it is complete: until then it is a file beside it.
///
/// errors  std::runtime_error that names the file
class output_file {
 public:
  /// An empty path writes nothing.
  explicit output_file(std::string path);
  output_file(output_file const&) = delete;
  output_file& operator=(output_file const&) = delete;
  ~output_file();

  explicit operator bool() const { return !path_.empty(); }
  void write(std::string const& text);
  void commit();

 private:
  std::string path_, beside_;
  std::ofstream file_;
};

/// errors  std::runtime_error where no file of this name can be written
void expect_writable(std::string const& path);

}  // namespace command_line
