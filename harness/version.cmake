# Writes OUT, the version that the program says of itself: RELEASE and a digest of the sources that judge, those in FOLDER.
# Of the sources rather than of the program: two machines that build the same sources must say the same.
file(GLOB_RECURSE sources RELATIVE ${FOLDER} ${FOLDER}/*.cpp ${FOLDER}/*.hpp)
foreach(source ${sources})
  file(SHA256 ${FOLDER}/${source} digest)
  string(APPEND lines "${source} ${digest}\n")
endforeach()
string(SHA256 digest "${lines}")
string(SUBSTRING ${digest} 0 16 digest)
file(WRITE ${OUT} "extern const char* const ti_version;\nconst char* const ti_version = \"${RELEASE}+${digest}\";\n")
