# Writes OUT, a source that holds the files of FOLDER, so that the program needs none of them where it runs.
file(GLOB files RELATIVE ${FOLDER} ${FOLDER}/*)
foreach(name ${files})
  file(READ ${FOLDER}/${name} text)
  string(APPEND rows "    {\"${name}\", R\"~~page~~(${text})~~page~~\"},\n")
endforeach()
file(WRITE ${OUT} "#include \"report/page.hpp\"

namespace ti {

namespace {
constexpr PageFile files[] = {
${rows}};
}  // namespace

std::span<const PageFile> page_files() { return files; }

}  // namespace ti
")
