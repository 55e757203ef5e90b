#pragma once
#include <clocale>
#include <locale>
#include <string>

namespace test {

/// While it lives, streams write 1.234,5 and, where a locale with a comma is installed, printf and strtod do so too.
class comma_locale {
  struct comma : std::numpunct<char> {
    char do_decimal_point() const override { return ','; }
    char do_thousands_sep() const override { return '.'; }
    std::string do_grouping() const override { return "\3"; }
  };

 public:
  comma_locale()
      : before_(std::setlocale(LC_ALL, nullptr)), streams_(std::locale::global(std::locale(std::locale(), new comma))) {
    for (char const* name : {"de_DE.UTF-8", "de_DE.utf8", "de_DE", "fr_FR.UTF-8", "fr_FR.utf8"})
      if (std::setlocale(LC_ALL, name) != nullptr) {
        in_c_ = true;
        return;
      }
  }
  ~comma_locale() {
    std::locale::global(streams_);
    std::setlocale(LC_ALL, before_.c_str());
  }
  comma_locale(comma_locale const&) = delete;
  comma_locale& operator=(comma_locale const&) = delete;

  /// printf writes a comma.
  bool in_c() const { return in_c_; }

 private:
  std::string before_;
  std::locale streams_;
  bool in_c_ = false;
};

}  // namespace test
