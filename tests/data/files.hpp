#pragma once
#include <zlib.h>

#include <unistd.h>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <stdexcept>
#include <string>

/// A file with the given bytes for as long as the object lives.
struct temporary_file {
  std::string path;

  explicit temporary_file(std::string const& bytes) : path(fresh()) {
    std::ofstream(path, std::ios::binary).write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
  }
  temporary_file(temporary_file const&) = delete;
  ~temporary_file() { std::remove(path.c_str()); }

 private:
  static std::string fresh() {
    static int count = 0;
    return (std::filesystem::temp_directory_path() /
            ("saddle-" + std::to_string(getpid()) + "-" + std::to_string(count++)))
        .string();
  }
};

inline std::string gzipped(std::string const& bytes) {
  temporary_file const file("");
  gzFile out = gzopen(file.path.c_str(), "wb9");
  gzwrite(out, bytes.data(), static_cast<unsigned>(bytes.size()));
  gzclose(out);
  std::ifstream in(file.path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

/// What the std::runtime_error says that this throws; empty if it throws none.
template <class F>
std::string message(F&& f) {
  try {
    f();
  } catch (std::runtime_error const& e) {
    return e.what();
  }
  return "";
}
