#pragma once
#include <algorithm>
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
#include <utility>
#include <vector>

#include "saddle/config.hpp"
#include "saddle/core/checksum.hpp"

SADDLE_NAMESPACE_BEGIN

/// What is wrong with a checkpoint file, with its name.
struct bad_checkpoint : std::runtime_error {
  using std::runtime_error::runtime_error;
};

/// Bytes on their way to a file: a magic number, a version, what is added, a checksum of it all. They go to a file
/// beside `path`, which takes that name when all is there and durable: whatever happens, `path` is the previous
/// checkpoint or this one.
class checkpoint_writer {
 public:
  explicit checkpoint_writer(std::string path)
      : path_(std::move(path)), file_(::open(beside().c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644)) {
    if (file_ < 0) error_ = errno;
    buffer_.reserve(most_buffered);
    add_bytes(std::as_bytes(std::span(magic)));
  }
  /// Leaves no half-written file behind.
  ~checkpoint_writer() {
    if (file_ >= 0) ::close(file_);
    if (!committed_) ::unlink(beside().c_str());
  }
  checkpoint_writer(checkpoint_writer const&) = delete;
  checkpoint_writer& operator=(checkpoint_writer const&) = delete;

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

  /// errors  bad_checkpoint, also for what went wrong before
  void commit() {
    flush();
    std::uint64_t const value = sum_.value();
    write(std::as_bytes(std::span(&value, 1)));
    if (error_ == 0 && ::fsync(file_) != 0) error_ = errno;
    if (file_ >= 0 && ::close(file_) != 0 && error_ == 0) error_ = errno;
    file_ = -1;
    if (error_ == 0 && std::rename(beside().c_str(), path_.c_str()) != 0) error_ = errno;
    if (error_ != 0) throw bad_checkpoint("cannot write checkpoint " + beside() + ": " + std::strerror(error_));
    committed_ = true;
    auto const slash = path_.rfind('/');
    std::string const folder = slash == std::string::npos ? "." : path_.substr(0, slash + 1);
    if (int const directory = ::open(folder.c_str(), O_RDONLY | O_CLOEXEC); directory >= 0) {
      ::fsync(directory);  // the new name itself; not every file system can
      ::close(directory);
    }
  }

  static constexpr char magic[8] = {'s', 'a', 'd', 'd', 'l', 'e', '0', '1'};

 private:
  // A multiple of 8, so that the checksum's words are those of the file.
  static constexpr std::size_t most_buffered = 1 << 20;

  std::string beside() const { return path_ + ".part"; }
  void add_bytes(std::span<std::byte const> more) {
    while (!more.empty()) {
      std::size_t const n = std::min(more.size(), most_buffered - buffer_.size());
      buffer_.insert(buffer_.end(), more.begin(), more.begin() + static_cast<std::ptrdiff_t>(n));
      more = more.subspan(n);
      if (buffer_.size() == most_buffered) flush();
    }
  }
  void flush() {
    sum_.add(std::span<std::byte const>(buffer_));
    write(buffer_);
    buffer_.clear();
  }
  void write(std::span<std::byte const> bytes) {
    while (!bytes.empty() && error_ == 0) {
      ssize_t const n = ::write(file_, bytes.data(), bytes.size());
      if (n >= 0) bytes = bytes.subspan(static_cast<std::size_t>(n));
      else if (errno != EINTR) error_ = errno;
    }
  }

  std::string path_;
  int file_, error_ = 0;  // the first error, told at the end
  bool committed_ = false;
  std::vector<std::byte> buffer_;
  checksum sum_;
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

  /// A checkpoint begins with what the run is; this one is `ours`.
  void expect_run(std::string const& ours) {
    std::string const theirs = get_text();
    if (theirs != ours) fail("it is of another run: it has " + theirs + ", this run " + ours);
  }
  template <class T>
  T get() {
    T value;
    std::memcpy(&value, take(sizeof value), sizeof value);
    return value;
  }
  template <class T>
  std::vector<T> get_all() {
    std::size_t const n = skip_all<T>();
    std::vector<T> values(n);
    if (n > 0) std::memcpy(values.data(), bytes_.data() + next_ - n * sizeof(T), n * sizeof(T));
    return values;
  }
  /// Passes over an array and returns its length.
  template <class T>
  std::size_t skip_all() {
    auto const n = get<std::int64_t>();
    if (n < 0 || static_cast<std::uint64_t>(n) > (bytes_.size() - next_) / sizeof(T)) fail("it ends too early");
    take(static_cast<std::size_t>(n) * sizeof(T));
    return static_cast<std::size_t>(n);
  }
  std::string get_text() {
    std::vector<char> const text = get_all<char>();
    return {text.begin(), text.end()};
  }
  std::size_t place() const { return next_; }
  void return_to(std::size_t place) { next_ = place; }
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
