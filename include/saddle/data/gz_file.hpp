#pragma once
#include <zlib.h>

#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <system_error>

#include "saddle/config.hpp"
#include "saddle/core/printable.hpp"

SADDLE_NAMESPACE_BEGIN

/// A file read from front to back, gzip or plain: which one its first two bytes say.
///
/// errors  std::runtime_error that names the file: cannot be opened, cannot be read, damaged or cut gzip. Control
///         characters of the name are escaped; who puts bytes of the file into a message uses `printable` for them
class gz_file {
 public:
  explicit gz_file(std::string const& path) : path_(path) {
    if (path.empty()) throw std::runtime_error("cannot read an empty file name");
    errno = 0;
    file_.reset(gzopen(path.c_str(), "rb"));
    if (!file_) fail(errno ? std::generic_category().message(errno) : "not enough memory to open it");
  }

  /// Fills up to `bytes` bytes; fewer only at the end of the file.
  std::size_t read(void* to, std::size_t bytes) {
    std::size_t done = 0;
    while (done < bytes) {
      auto const want = static_cast<unsigned>(std::min(bytes - done, std::size_t{1} << 20));
      int const got = gzread(file_.get(), static_cast<char*>(to) + done, want);
      int code = Z_OK;
      std::string_view what = gzerror(file_.get(), &code);  // zlib puts the name before it
      if (what.starts_with(path_ + ": ")) what.remove_prefix(path_.size() + 2);
      // A cut file gives the bytes before the cut and only then, through the code, the error.
      if (got < 0 || (code != Z_OK && code != Z_STREAM_END))
        fail(code == Z_ERRNO       ? std::generic_category().message(errno)
             : code == Z_BUF_ERROR ? "truncated"
                                   : printable(what));
      if (got == 0) break;
      done += static_cast<std::size_t>(got);
    }
    return done;
  }

  /// The same from a text, without the byte order mark that some programs begin one with.
  std::string_view read_text(char* to, std::size_t bytes) {
    std::string_view text(to, read(to, bytes));
    if (is_at_begin_ && text.starts_with("\xef\xbb\xbf")) text.remove_prefix(3);
    is_at_begin_ = false;
    return text;
  }
  bool at_end() {
    char next;
    return read(&next, 1) == 0;
  }

  [[noreturn]] void fail(std::string const& what) const { throw std::runtime_error(printable(path_) + ": " + what); }

 private:
  struct closer {
    void operator()(gzFile_s* f) const { gzclose(f); }
  };
  std::string path_;
  bool is_at_begin_ = true;  // of a text
  std::unique_ptr<gzFile_s, closer> file_;
};

SADDLE_NAMESPACE_END
