#include "output_file.hpp"

#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <stdexcept>
#include <utility>

namespace command_line {
namespace {

namespace fs = std::filesystem;

[[noreturn]] void fail(std::string const& path, char const* why) {
  throw std::runtime_error("cannot write " + path + ": " + why);
}

}  // namespace

void expect_writable(std::string const& path) {
  std::error_code ignored;
  if (fs::exists(path, ignored) && !fs::is_regular_file(path, ignored)) fail(path, "it is no regular file");
  fs::path folder = fs::path(path).parent_path();
  if (folder.empty()) folder = ".";
  if (::access(folder.c_str(), W_OK | X_OK) != 0) fail(path, std::strerror(errno));
}

output_file::output_file(std::string path) : path_(std::move(path)) {
  if (path_.empty()) return;
  expect_writable(path_);
  path_ = fs::weakly_canonical(path_).string();  // a symbolic link stays one
  beside_ = path_ + ".part";
  file_.open(beside_, std::ios::binary | std::ios::trunc);
  if (!file_) fail(path_, std::strerror(errno));
}

output_file::~output_file() {
  if (beside_.empty()) return;
  file_.close();
  std::error_code ignored;
  fs::remove(beside_, ignored);
}

void output_file::write(std::string const& text) {
  if (path_.empty()) return;
  file_ << text << std::flush;  // a log can be followed while it grows
  if (!file_) fail(path_, std::strerror(errno));
}

void output_file::commit() {
  if (path_.empty()) return;
  file_.close();
  if (!file_) fail(path_, std::strerror(errno));
  std::error_code error;
  fs::rename(beside_, path_, error);
  if (error) fail(path_, error.message().c_str());
  beside_.clear();
}

}  // namespace command_line
