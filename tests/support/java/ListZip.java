import java.io.BufferedInputStream;
import java.io.PrintStream;
import java.util.zip.CRC32;
import java.util.zip.ZipEntry;
import java.util.zip.ZipInputStream;

/** Reads a ZIP archive from standard input and prints a line per entry: CRC, size, name. */
public class ListZip {
    public static void main(String[] arguments) throws Exception {
        PrintStream out = new PrintStream(System.out, true, "UTF-8");
        ZipInputStream archive = new ZipInputStream(new BufferedInputStream(System.in));
        byte[] buffer = new byte[65536];
        for (ZipEntry entry = archive.getNextEntry(); entry != null; entry = archive.getNextEntry()) {
            CRC32 crc = new CRC32();
            long size = 0;
            for (int count = archive.read(buffer); count > 0; count = archive.read(buffer)) {
                crc.update(buffer, 0, count);
                size += count;
            }
            out.println(crc.getValue() + " " + size + " " + entry.getName());
        }
    }
}
