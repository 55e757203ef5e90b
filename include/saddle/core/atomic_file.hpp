#pragma once
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <climits>
#include <cstddef>
#include <cstdio>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>

#include "saddle/config.hpp"
#include "saddle/core/printable.hpp"

SADDLE_NAMESPACE_BEGIN

/// A file that takes its name when it is complete. Until then its bytes go to a temporary file in the same folder, with
/// a name that no other writer has: whatever happens, a reader of `path` finds the previous file or this one, whole. Of
/// several writers the last to commit wins. The constructor opens the temporary file: it succeeds where a file of this
/// name can be written, and the destructor removes what was not committed. (SIGKILL leaves it; its name is
/// that of the file, the number of the process, a count and ".part".)
///
/// links   a symbolic link stays one: what it points to is replaced, or made
/// mode    that of the file that is replaced, and its owner where the process may set it; a new file's is 0666 less the
///         umask
/// errors  std::runtime_error with the path and the reason
class atomic_file {
 public:
  explicit atomic_file(std::string path) : path_(std::move(path)), target_(path_) {
    struct stat old = {};
    bool const replaces = ::stat(path_.c_str(), &old) == 0;
    if (!replaces && errno != ENOENT) fail(errno);
    if (replaces && !S_ISREG(old.st_mode)) fail(S_ISDIR(old.st_mode) ? "it is a folder" : "it is not a regular file");
    follow_links();
    if (path_.empty()) fail("");
    if (target_.ends_with('/')) fail("it names a folder");
    open_beside(replaces ? old.st_mode & 0777 : 0666);
    if (!replaces) return;
    // The owner first: a change of owner clears bits of the mode.
    bool const same_owner = ::fchown(file_, old.st_uid, old.st_gid) == 0;
    static_cast<void>(::fchmod(file_, old.st_mode & (same_owner ? 07777 : 0777)));  // as far as it goes
  }
  ~atomic_file() {
    if (file_ >= 0) ::close(file_);
    if (!committed_) ::unlink(beside_.c_str());
  }
  atomic_file(atomic_file const&) = delete;
  atomic_file& operator=(atomic_file const&) = delete;

  /// As it was given.
  std::string const& path() const { return path_; }
  /// What others can read until `commit`.
  std::string const& temporary() const { return beside_; }

  void write(std::span<std::byte const> bytes) {
    while (!bytes.empty()) {
      ssize_t const n = ::write(file_, bytes.data(), bytes.size());
      if (n >= 0) bytes = bytes.subspan(static_cast<std::size_t>(n));
      else if (errno != EINTR) fail(errno);
    }
  }
  void write(std::string_view text) { write(std::as_bytes(std::span(text.data(), text.size()))); }

  /// The file is durable and has its name. What is written later goes on in it, until another writer replaces it.
  void commit() {
    if (::fsync(file_) != 0) fail(errno);
    if (committed_) return;
    if (std::rename(beside_.c_str(), target_.c_str()) != 0) fail(errno);
    committed_ = true;
    if (int const directory = ::open(folder().c_str(), O_RDONLY | O_CLOEXEC); directory >= 0) {
      ::fsync(directory);  // the new name itself; not every file system can
      ::close(directory);
    }
  }

 private:
  [[noreturn]] void fail(std::string const& why) const {
    throw std::runtime_error("cannot write " + printable_path(path_) + (why.empty() ? "" : ": " + why));
  }
  [[noreturn]] void fail(int error) const {
    struct stat ignored = {};
    bool const no_folder = error == ENOENT && ::stat(folder().c_str(), &ignored) != 0;
    fail(no_folder ? "there is no folder " + printable(folder()) : std::generic_category().message(error));
  }
  /// With its last slash.
  std::string folder() const {
    auto const slash = target_.rfind('/');
    return slash == std::string::npos ? "./" : target_.substr(0, slash + 1);
  }

  /// To what the last component leads, whether it is there or not; the kernel follows the links before it.
  void follow_links() {
    char to[PATH_MAX];
    for (int links = 0;; ++links) {
      ssize_t const length = ::readlink(target_.c_str(), to, sizeof to);
      if (length < 0) return;  // no link
      if (links == 40) fail(ELOOP);
      std::string const next(to, static_cast<std::size_t>(length));
      target_ = next.starts_with('/') ? next : folder() + next;
    }
  }
  void open_beside(mode_t mode) {
    static std::atomic<unsigned> files = 0;
    constexpr std::size_t longest = 255, added = 24;  // of a name
    std::string const name = target_.substr(target_.rfind('/') + 1);
    do {
      char unique[added + 1];
      std::snprintf(unique, sizeof unique, ".%x-%x.part", static_cast<unsigned>(::getpid()), files++);
      beside_ = folder() + name.substr(0, std::min(name.size(), longest - added)) + unique;
      file_ = ::open(beside_.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode);
    } while (file_ < 0 && (errno == EEXIST || errno == EINTR));
    if (file_ < 0) fail(errno);
  }

  std::string path_, target_, beside_;  // target_: links followed
  int file_ = -1;
  bool committed_ = false;
};

SADDLE_NAMESPACE_END
