#pragma once
#include <zlib.h>

#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <cstring>
#include <memory>
#include <stdexcept>
#include <string>

#include "saddle/config.hpp"

SADDLE_NAMESPACE_BEGIN

/// A file read from front to back, gzip or plain: which one its first two bytes say.
///
/// errors  std::runtime_error that names the file: cannot be opened, cannot be read, damaged or cut gzip
class gz_file {
 public:
  explicit gz_file(std::string const& path) : path_(path) {
    errno = 0;
    file_.reset(gzopen(path.c_str(), "rb"));
    if (!file_) fail(errno ? std::strerror(errno) : "not enough memory to open it");
  }

  /// Fills up to `bytes` bytes; fewer only at the end of the file.
  std::size_t read(void* to, std::size_t bytes) {
    std::size_t done = 0;
    while (done < bytes) {
      auto const want = static_cast<unsigned>(std::min(bytes - done, std::size_t{1} << 20));
      int const got = gzread(file_.get(), static_cast<char*>(to) + done, want);
      int code = Z_OK;
      char const* const what = gzerror(file_.get(), &code);
      // A cut file gives the bytes before the cut and only then, through the code, the error.
      if (got < 0 || (code != Z_OK && code != Z_STREAM_END))
        fail(code == Z_ERRNO ? std::strerror(errno) : code == Z_BUF_ERROR ? "truncated" : what);
      if (got == 0) break;
      done += static_cast<std::size_t>(got);
    }
    return done;
  }

  bool at_end() {
    char next;
    return read(&next, 1) == 0;
  }

  [[noreturn]] void fail(std::string const& what) const { throw std::runtime_error(path_ + ": " + what); }

 private:
  struct closer {
    void operator()(gzFile_s* f) const { gzclose(f); }
  };
  std::string path_;
  std::unique_ptr<gzFile_s, closer> file_;
};

SADDLE_NAMESPACE_END
