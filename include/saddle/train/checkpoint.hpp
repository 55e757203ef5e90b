#pragma once
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <fcntl.h>
#include <span>
#include <stdexcept>
#include <string>
#include <type_traits>
#include <unistd.h>
#include <vector>

#include "saddle/config.hpp"
#include "saddle/core/checksum.hpp"

SADDLE_NAMESPACE_BEGIN

/// What is wrong with a checkpoint file, with its name.
struct bad_checkpoint : std::runtime_error {
  using std::runtime_error::runtime_error;
};

/// Bytes on their way to a file: a magic number, a version, what is added, a checksum of it all.
class checkpoint_writer {
 public:
  checkpoint_writer() { add_bytes(std::as_bytes(std::span(magic))); }

  template <class T>
    requires std::is_trivially_copyable_v<T>
  void add(T const& value) {
    add_bytes(std::as_bytes(std::span(&value, 1)));
  }
  template <class T>
  void add(std::span<T const> values) {
    add(static_cast<std::int64_t>(values.size()));
    add_bytes(std::as_bytes(values));
  }
  void add(std::string const& text) { add(std::span(text.data(), text.size())); }

  /// Writes to a file beside `path`, makes it durable, and only then gives it the name: whatever happens, `path` is the
  /// previous checkpoint or this one. Throws bad_checkpoint.
  void commit(std::string const& path) {
    checksum sum;
    sum.add(std::span<std::byte const>(bytes_));
    add(sum.value());
    std::string const beside = path + ".part";
    int const file = ::open(beside.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
    if (file < 0) fail(beside);
    for (std::size_t done = 0; done < bytes_.size();) {
      ssize_t const n = ::write(file, bytes_.data() + done, bytes_.size() - done);
      if (n < 0 && errno == EINTR) continue;
      if (n < 0) give_up(beside, file);
      done += static_cast<std::size_t>(n);
    }
    if (::fsync(file) != 0) give_up(beside, file);
    if (::close(file) != 0) give_up(beside, -1);
    if (std::rename(beside.c_str(), path.c_str()) != 0) give_up(beside, -1);
    auto const slash = path.rfind('/');
    std::string const folder = slash == std::string::npos ? "." : path.substr(0, slash + 1);
    if (int const directory = ::open(folder.c_str(), O_RDONLY | O_CLOEXEC); directory >= 0) {
      ::fsync(directory);  // the new name itself; not every file system can
      ::close(directory);
    }
  }

  static constexpr char magic[8] = {'s', 'a', 'd', 'd', 'l', 'e', '0', '1'};

 private:
  void add_bytes(std::span<std::byte const> more) { bytes_.insert(bytes_.end(), more.begin(), more.end()); }
  /// Leaves no half-written file behind.
  [[noreturn]] static void give_up(std::string const& beside, int file) {
    int const error = errno;
    if (file >= 0) ::close(file);
    ::unlink(beside.c_str());
    errno = error;
    fail(beside);
  }
  [[noreturn]] static void fail(std::string const& file) {
    throw bad_checkpoint("cannot write checkpoint " + file + ": " + std::strerror(errno));
  }
  std::vector<std::byte> bytes_;
};

/// Reads a whole checkpoint and verifies it before the first value is given out.
/// errors  bad_checkpoint: not there, no checkpoint, damaged, or asked for more than it holds
class checkpoint_reader {
 public:
  explicit checkpoint_reader(std::string path) : path_(std::move(path)) {
    std::FILE* const file = std::fopen(path_.c_str(), "rb");
    if (file == nullptr) fail(std::strerror(errno));
    std::byte part[1 << 16];
    for (std::size_t n; (n = std::fread(part, 1, sizeof part, file)) > 0;) bytes_.insert(bytes_.end(), part, part + n);
    bool const failed = std::ferror(file) != 0;
    std::fclose(file);
    if (failed) fail("it cannot be read");
    std::size_t const tail = sizeof(std::uint64_t);
    if (bytes_.size() < sizeof checkpoint_writer::magic + tail ||
        std::memcmp(bytes_.data(), checkpoint_writer::magic, sizeof checkpoint_writer::magic) != 0)
      fail("it is not a checkpoint of this version");
    checksum sum;
    sum.add(std::span<std::byte const>(bytes_).first(bytes_.size() - tail));
    std::uint64_t stored;
    std::memcpy(&stored, bytes_.data() + bytes_.size() - tail, tail);
    if (stored != sum.value()) fail("it is damaged or truncated");
    bytes_.erase(bytes_.end() - static_cast<std::ptrdiff_t>(tail), bytes_.end());
    next_ = sizeof checkpoint_writer::magic;
  }

  template <class T>
  T get() {
    T value;
    std::memcpy(&value, take(sizeof value), sizeof value);
    return value;
  }
  template <class T>
  std::vector<T> get_all() {
    auto const n = get<std::int64_t>();
    if (n < 0 || static_cast<std::uint64_t>(n) > (bytes_.size() - next_) / sizeof(T)) fail("it ends too early");
    std::vector<T> values(static_cast<std::size_t>(n));
    if (n > 0) std::memcpy(values.data(), take(values.size() * sizeof(T)), values.size() * sizeof(T));
    return values;
  }
  std::string get_text() {
    std::vector<char> const text = get_all<char>();
    return {text.begin(), text.end()};
  }
  void expect_end() const {
    if (next_ != bytes_.size()) fail("it holds more than this run has");
  }
  [[noreturn]] void fail(std::string const& why) const { throw bad_checkpoint("checkpoint " + path_ + ": " + why); }

 private:
  std::byte const* take(std::size_t n) {
    if (bytes_.size() - next_ < n) fail("it ends too early");
    next_ += n;
    return bytes_.data() + next_ - n;
  }
  std::string path_;
  std::vector<std::byte> bytes_;
  std::size_t next_ = 0;
};

SADDLE_NAMESPACE_END
