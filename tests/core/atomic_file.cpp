#include "saddle/core/atomic_file.hpp"

#include <doctest/doctest.h>
#include <sys/resource.h>
#include <sys/wait.h>

#include <algorithm>
#include <atomic>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

using namespace saddle;

namespace {

namespace fs = std::filesystem;

/// A folder that goes away with the test.
struct scratch {
  fs::path folder = fs::temp_directory_path() / ("saddle-atomic-" + std::to_string(::getpid()));
  scratch() { fs::create_directories(folder); }
  scratch(scratch const&) = delete;
  ~scratch() { fs::remove_all(folder); }
  std::string file(std::string const& name) const { return (folder / name).string(); }
  int files() const { return static_cast<int>(std::distance(fs::directory_iterator(folder), {})); }
};

std::string bytes_of(std::string const& file) {
  std::ifstream in(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}
void replace(std::string const& file, std::string const& text) {
  atomic_file out(file);
  out.write(text);
  out.commit();
}
std::string refusal(std::string const& path) {
  try {
    atomic_file const file(path);
  } catch (std::runtime_error const& e) {
    return e.what();
  }
  return "opened";
}
unsigned mode_of(std::string const& file) { return static_cast<unsigned>(fs::status(file).permissions()); }

}  // namespace

TEST_CASE("atomic_file: the file has its name when it is committed, and nothing is left where it is not") {
  scratch const here;
  std::string const file = here.file("run");
  {
    atomic_file out(file);
    out.write("one");
    CHECK_FALSE(fs::exists(file));
    CHECK(bytes_of(out.temporary()) == "one");  // can be followed
    CHECK(here.files() == 1);
  }
  CHECK(here.files() == 0);
  replace(file, "first");
  CHECK(bytes_of(file) == "first");
  {
    atomic_file out(file);
    out.write("second");
    CHECK(bytes_of(file) == "first");
  }
  CHECK(bytes_of(file) == "first");
  replace(file, "");
  CHECK(bytes_of(file).empty());
  CHECK(here.files() == 1);
}

TEST_CASE("atomic_file: what is written after the commit goes on in the file") {
  scratch const here;
  std::string const file = here.file("log");
  atomic_file out(file);
  out.write("a");
  out.commit();
  out.write("b");
  CHECK(bytes_of(file) == "ab");
  out.commit();
  CHECK(bytes_of(file) == "ab");
  CHECK(here.files() == 1);
}

TEST_CASE("atomic_file: a symbolic link stays one, and what it leads to is replaced") {
  scratch const here;
  fs::create_directory(here.folder / "far");
  auto const check = [&](std::string const& link, std::string const& target) {
    replace(link, "new");
    CHECK(fs::is_symlink(link));
    CHECK_FALSE(fs::is_symlink(target));
    CHECK(bytes_of(target) == "new");
    CHECK(bytes_of(link) == "new");
  };
  std::ofstream(here.file("far/there")) << "old";
  SUBCASE("relative to its folder") { fs::create_symlink("far/there", here.file("link")); }
  SUBCASE("absolute") { fs::create_symlink(here.file("far/there"), here.file("link")); }
  SUBCASE("to a link") {
    fs::create_symlink("far/second", here.file("link"));
    fs::create_symlink("there", here.file("far/second"));
  }
  SUBCASE("to nothing yet") {
    fs::remove(here.file("far/there"));
    fs::create_symlink("far/there", here.file("link"));
  }
  check(here.file("link"), here.file("far/there"));
  if (fs::exists(here.file("far/second"))) CHECK(fs::is_symlink(here.file("far/second")));
  fs::create_directory_symlink("far", here.file("folder"));
  replace(here.file("folder/there"), "through a folder");
  CHECK(bytes_of(here.file("far/there")) == "through a folder");
  fs::create_symlink("round", here.file("round"));
  CHECK(refusal(here.file("round")).find("symbolic links") != std::string::npos);
}

TEST_CASE("atomic_file: a file that is replaced keeps its mode, a new one gets what the umask leaves") {
  scratch const here;
  std::string const file = here.file("run");
  mode_t const before = ::umask(027);
  replace(file, "new");
  CHECK(mode_of(file) == 0640);
  for (unsigned const mode : {0600u, 0444u, 0777u, 0664u}) {
    CAPTURE(mode);
    fs::permissions(file, static_cast<fs::perms>(mode));
    replace(file, "again");
    CHECK(mode_of(file) == mode);
  }
  fs::permissions(file, static_cast<fs::perms>(0600));
  {
    atomic_file const out(file);
    CHECK(mode_of(out.temporary()) == 0600);  // a secret is none for a moment, either
  }
  ::umask(before);
  if (::geteuid() == 0) {
    REQUIRE(::chown(file.c_str(), 12345, 54321) == 0);
    replace(file, "by root");
    struct stat now = {};
    REQUIRE(::stat(file.c_str(), &now) == 0);
    CHECK(now.st_uid == 12345);
    CHECK(now.st_gid == 54321);
    CHECK(mode_of(file) == 0600);
  }
}

TEST_CASE("atomic_file: what cannot be written is refused at once, with the path and the reason") {
  scratch const here;
  auto const expect = [](std::string const& path, std::string const& why) {
    CHECK(refusal(path) == "cannot write " + printable_path(path) + why);
  };
  CHECK(refusal("") == "cannot write an empty file name");
  expect(here.file("no/such/run"), ": there is no folder " + here.file("no/such/"));
  expect(here.folder.string(), ": it is a folder");
  expect(here.file("new/"), ": it names a folder");
  expect("/dev/null", ": it is not a regular file");
  std::ofstream(here.file("file")) << "x";
  expect(here.file("file/run"), ": Not a directory");
  expect(here.file(std::string(256, 'n')), ": File name too long");
  expect(here.file("no\n/run"), ": there is no folder " + printable(here.file("no\n/")));
  fs::create_symlink("no/such", here.file("dangling"));
  expect(here.file("dangling"), ": there is no folder " + here.file("no/"));
  if (::geteuid() != 0) {
    fs::create_directory(here.folder / "locked");
    fs::permissions(here.folder / "locked", static_cast<fs::perms>(0500));
    expect(here.file("locked/run"), ": Permission denied");
    fs::permissions(here.folder / "locked", static_cast<fs::perms>(0700));
  }
}

TEST_CASE("atomic_file: the longest name that the folder takes can be written") {
  scratch const here;
  for (std::size_t const length : {200u, 231u, 232u, 252u, 255u}) {
    std::string const file = here.file(std::string(length, 'n'));
    replace(file, "long");
    CHECK(bytes_of(file) == "long");
  }
  CHECK(here.files() == 5);
}

TEST_CASE("atomic_file: a disk that is full is told, and the previous file stays") {
  scratch const here;
  std::string const file = here.file("run");
  replace(file, "previous");
  pid_t const child = ::fork();
  REQUIRE(child >= 0);
  if (child == 0) {  // a limit on the size of files has the same effect as a full disk
    ::signal(SIGXFSZ, SIG_IGN);
    rlimit const limit{1000, 1000};
    ::setrlimit(RLIMIT_FSIZE, &limit);
    int answer = 1;
    try {
      replace(file, std::string(5000, 'x'));
    } catch (std::runtime_error const& e) {
      answer = std::string(e.what()) == "cannot write " + file + ": File too large" ? 0 : 2;
    }
    ::_exit(answer);
  }
  int status = 0;
  REQUIRE(::waitpid(child, &status, 0) == child);
  CHECK(status == 0);
  CHECK(bytes_of(file) == "previous");
  CHECK(here.files() == 1);
}

TEST_CASE("atomic_file: of several writers one wins, and a reader always finds a whole file") {
  scratch const here;
  std::string const file = here.file("run");
  std::string const contents[] = {std::string(100'000, 'a'), std::string(60'000, 'b'), std::string(1, 'c')};
  replace(file, contents[0]);
  std::vector<pid_t> processes;
  for (std::string const& mine : contents) {
    pid_t const child = ::fork();
    REQUIRE(child >= 0);
    if (child == 0) {
      int answer = 0;
      try {
        std::thread other([&] { for (int i = 0; i < 30; ++i) replace(file, mine); });
        for (int i = 0; i < 30; ++i) replace(file, mine);
        other.join();
      } catch (std::exception const&) {
        answer = 1;
      }
      ::_exit(answer);
    }
    processes.push_back(child);
  }
  int whole = 0, torn = 0;
  while (!processes.empty()) {
    (std::ranges::find(contents, bytes_of(file)) != std::end(contents) ? whole : torn) += 1;
    int status = 0;
    if (::waitpid(processes.back(), &status, WNOHANG) == 0) continue;
    CHECK(status == 0);
    processes.pop_back();
  }
  CHECK(whole > 0);
  CHECK(torn == 0);
  CHECK(here.files() == 1);
}
