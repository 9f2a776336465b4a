#pragma once
// What a format of pasted text is to the table of formats. A reader is one file that defines one of these functions.
#include "pasted/pasted.hpp"
#include "pasted/pasted_text.hpp"

namespace ti {

/// Format is one row of the table. A text may be of any number of formats.
struct Format {
  std::string_view name;
  bool (*recognise)(const PastedText& words);
  void (*read)(const PastedText& words, Pasted& pasted);  ///< adds what it finds; nullptr: named, and not read
  std::string_view instead;                               ///< what shows what this format does not
};

bool is_openssl(const PastedText& words);
void read_openssl(const PastedText& words, Pasted& pasted);
bool is_tshark_fields(const PastedText& words);
void read_tshark_fields(const PastedText& words, Pasted& pasted);
bool is_tshark_details(const PastedText& words);
void read_tshark_details(const PastedText& words, Pasted& pasted);
bool is_packet_dump(const PastedText& words);
void read_packet_dump(const PastedText& words, Pasted& pasted);
bool is_go_flow(const PastedText& words);
void read_go_flow(const PastedText& words, Pasted& pasted);
bool is_curl(const PastedText& words);
void read_curl(const PastedText& words, Pasted& pasted);
bool is_jsse(const PastedText& words);
void read_jsse(const PastedText& words, Pasted& pasted);
bool is_gnutls(const PastedText& words);
void read_gnutls(const PastedText& words, Pasted& pasted);
bool is_mbedtls(const PastedText& words);
void read_mbedtls(const PastedText& words, Pasted& pasted);
bool is_ssldump(const PastedText& words);
void read_ssldump(const PastedText& words, Pasted& pasted);
bool is_hostap(const PastedText& words);
void read_hostap(const PastedText& words, Pasted& pasted);
bool is_freeradius(const PastedText& words);
void read_freeradius(const PastedText& words, Pasted& pasted);
bool is_nginx(const PastedText& words);
void read_nginx(const PastedText& words, Pasted& pasted);
bool is_library_states(const PastedText& words);
void read_library_states(const PastedText& words, Pasted& pasted);
bool is_tshark_lines(const PastedText& words);
void read_tshark_lines(const PastedText& words, Pasted& pasted);

}  // namespace ti
