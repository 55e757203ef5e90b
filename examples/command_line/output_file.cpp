#include "output_file.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <fstream>
#include <iterator>
#include <stdexcept>
#include <string_view>
#include <system_error>
#include <utility>

namespace command_line {
namespace {

[[noreturn]] void fail(std::string const& path, int error) {
  throw std::runtime_error("cannot write " + path + ": " + std::generic_category().message(error));
}

/// The program's own descriptor where the path is a name of one: opened anew, a file behind it would be overwritten from
/// its beginning. -1 where it is none.
int own_descriptor(std::string_view path) {
  if (path == "/dev/stdout") return STDOUT_FILENO;
  if (path == "/dev/stderr") return STDERR_FILENO;
  for (std::string_view const folder : {"/dev/fd/", "/proc/self/fd/"}) {
    if (!path.starts_with(folder)) continue;
    int number = -1;
    std::string_view const digits = path.substr(folder.size());
    auto const [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), number);
    return error == std::errc{} && end == digits.data() + digits.size() ? number : -1;
  }
  return -1;
}

void write_straight(std::string const& path, std::string_view text) {
  int const own = own_descriptor(path);
  int const file = own >= 0 ? ::dup(own) : ::open(path.c_str(), O_WRONLY | O_APPEND | O_CLOEXEC);
  if (file < 0) fail(path, errno);
  int error = 0;
  while (!text.empty() && error == 0) {
    ssize_t const n = ::write(file, text.data(), text.size());
    if (n >= 0) text.remove_prefix(static_cast<std::size_t>(n));
    else if (errno != EINTR) error = errno;
  }
  ::close(file);
  if (error != 0) fail(path, error);
}

/// The heading and the rows up to a step, of a file that may not be there.
std::string rows_of(std::string const& path, std::string const& heading, std::int64_t kept) {
  std::ifstream file(path, std::ios::binary);
  std::string const all{std::istreambuf_iterator<char>(file), {}};
  if (all.empty()) return heading;
  if (!all.starts_with(heading))
    throw std::invalid_argument(path + " is no log of such a run, its columns are others: the resumed run needs a log " +
                                "of the same columns, or a file that is not there");
  std::string rows = heading;
  for (std::size_t begin = heading.size(), end; (end = all.find('\n', begin)) != std::string::npos; begin = end + 1) {
    std::int64_t step = 0;
    auto const [ignored, error] = std::from_chars(all.data() + begin, all.data() + end, step);
    if (error == std::errc{} && step <= kept) rows += all.substr(begin, end + 1 - begin);
  }
  return rows;
}

}  // namespace

bool is_stream(std::string const& path) {
  struct stat there = {};
  return own_descriptor(path) >= 0 ||
         (::stat(path.c_str(), &there) == 0 && !S_ISREG(there.st_mode) && !S_ISDIR(there.st_mode));
}

void expect_writable(std::string const& path) {
  if (!is_stream(path)) {
    saddle::atomic_file const tried(path);
  } else if (int const own = own_descriptor(path); own >= 0) {
    if (::fcntl(own, F_GETFL) < 0) fail(path, errno);
  } else if (::access(path.c_str(), W_OK) != 0) {
    fail(path, errno);
  }
}

void write_file(std::string const& path, std::string const& text) {
  if (is_stream(path)) return write_straight(path, text);
  saddle::atomic_file file(path);
  file.write(text);
  file.commit();
}

log_file::log_file(std::string path, std::string const& heading, std::int64_t kept) : path_(std::move(path)) {
  if (path_.empty()) return;
  expect_writable(path_);
  beginning_ = kept < 0 || is_stream(path_) ? heading : rows_of(path_, heading, kept);
}

void log_file::begin() {
  if (path_.empty()) return;
  std::string const path = std::exchange(path_, "");
  if (is_stream(path)) {
    write_straight(path, beginning_);
  } else {
    file_.emplace(path);
    file_->write(beginning_);
    file_->commit();
  }
  path_ = path;
}

void log_file::add(std::string const& row) {
  if (path_.empty()) return;
  std::string const path = std::exchange(path_, "");  // for good where the row cannot be written whole
  if (file_) file_->write(row);
  else write_straight(path, row);
  path_ = path;
}

}  // namespace command_line
