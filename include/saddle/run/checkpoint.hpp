#pragma once
#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <optional>
#include <span>
#include <stdexcept>
#include <string>
#include <system_error>
#include <type_traits>
#include <utility>
#include <vector>

#include "saddle/config.hpp"
#include "saddle/core/atomic_file.hpp"
#include "saddle/core/checksum.hpp"
#include "saddle/core/printable.hpp"

SADDLE_NAMESPACE_BEGIN

/// What is wrong with a checkpoint file, with its name.
struct bad_checkpoint : std::runtime_error {
  using std::runtime_error::runtime_error;
};

/// Bytes on their way to a file: a magic number, a version, what is added, a checksum of it all. They go to an
/// `atomic_file`: whatever happens, `path` is the previous checkpoint or this one.
class checkpoint_writer {
 public:
  explicit checkpoint_writer(std::string const& path) {
    attempt([&] { file_.emplace(path); });
    buffer_.reserve(most_buffered);
    add_bytes(std::as_bytes(std::span(magic)));
  }

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
    attempt([&] {
      file_->write(std::as_bytes(std::span(&value, 1)));
      file_->commit();
    });
    if (!error_.empty()) throw bad_checkpoint(error_);
  }

  static constexpr char magic[8] = {'s', 'a', 'd', 'd', 'l', 'e', '0', '3'};

 private:
  // A multiple of 8, so that the checksum's words are those of the file.
  static constexpr std::size_t most_buffered = 1 << 20;

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
    attempt([&] { file_->write(buffer_); });
    buffer_.clear();
  }
  /// The first error is reported at the end: until then all processes must take the same part in a checkpoint.
  template <class F>
  void attempt(F const& f) {
    if (error_.empty()) try {
        f();
      } catch (std::runtime_error const& e) {
        error_ = e.what();
      }
  }

  std::optional<atomic_file> file_;
  std::string error_;
  std::vector<std::byte> buffer_;
  checksum sum_;
};

/// Reads a whole checkpoint and verifies it before the first value is given out.
/// errors  bad_checkpoint: not there, no checkpoint, damaged, or asked for more than it holds
class checkpoint_reader {
 public:
  explicit checkpoint_reader(std::string path) : path_(std::move(path)) {
    if (path_.empty()) throw bad_checkpoint("cannot read a checkpoint: its file name is empty");
    std::FILE* const file = std::fopen(path_.c_str(), "rb");
    if (file == nullptr) fail(std::generic_category().message(errno));
    std::byte part[1 << 16];
    for (std::size_t n; (n = std::fread(part, 1, sizeof part, file)) > 0;) bytes_.insert(bytes_.end(), part, part + n);
    int const error = std::ferror(file) != 0 ? errno : 0;
    std::fclose(file);
    if (error != 0) fail(std::generic_category().message(error));
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

  /// A checkpoint begins with what the run is and what problem it solves; this one's are `ours` and `problem`.
  void expect_run(std::string const& ours, std::string const& problem) {
    std::string const theirs = get_text(), solved = get_text();
    if (theirs != ours) fail("it is of another run: it has " + printable(theirs) + ", this run " + printable(ours));
    if (solved != problem)
      fail("it is of the same run on other data or another problem: it has " + printable_problem(solved) +
           ", this run " + printable_problem(problem));
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
  /// The name of an array, which stands before its values.
  void expect_array(std::string const& name) {
    if (std::string const theirs = get_text(); theirs != name)
      fail("it has an array " + printable(theirs) + " where this run has " + name);
  }
  std::size_t place() const { return next_; }
  void return_to(std::size_t place) { next_ = place; }
  void expect_end() const {
    if (next_ != bytes_.size()) fail("it holds more than this run has");
  }
  [[noreturn]] void fail(std::string const& why) const {
    throw bad_checkpoint("checkpoint " + printable(path_) + ": " + why);
  }

 private:
  static std::string printable_problem(std::string const& identity) {
    return identity.empty() ? "a problem without an identity" : printable(identity);
  }
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
