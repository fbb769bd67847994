package org.litestream4j.sqlite.btree;

import java.io.IOException;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;

import org.litestream4j.sqlite.DatabaseHeader;

/**
 * What the header of a database says of its b-trees.
 *
 * @param usableSize bytes of a page that b-trees use: the rest is an extension's
 * @param freelist the first trunk page of the list of free pages, or 0
 * @param freePages how many pages are free
 * @param schemaCookie another number after each change of the schema
 * @param text how text is written
 */
public record TreeHeader(int usableSize, long freelist, long freePages, long schemaCookie, Charset text) {

	/*-
	 * Within the database's header, big-endian:
	 *   20  bytes at the end of each page that are not used
	 *   32  first trunk page of the freelist
	 *   36  free pages
	 *   40  schema cookie
	 *   56  text: 1 UTF-8, 2 UTF-16 little-endian, 3 UTF-16 big-endian
	 * Source: SQLite's file format, section 1.3.
	 */

	/** The fewest bytes of a page that b-trees use. */
	private static final int SMALLEST_USABLE = 480;

	/**
	 * Reads the header in page 1.
	 * @throws DamagedPageException if b-trees cannot be read with it
	 */
	public static TreeHeader of(PageSource source) throws IOException {
		byte[] page = source.page(1);
		DatabaseHeader.parse(page, page.length, "Page 1");
		int usable = source.pageSize() - PageBytes.u8(page, 20);
		if (usable < SMALLEST_USABLE) {
			throw new DamagedPageException(1, "leaves %d bytes of each page to use".formatted(usable));
		}
		Charset text = switch ((int) PageBytes.u32(page, 56)) {
			case 2 -> StandardCharsets.UTF_16LE;
			case 3 -> StandardCharsets.UTF_16BE;
			default -> StandardCharsets.UTF_8;
		};
		return new TreeHeader(usable, PageBytes.u32(page, 32), PageBytes.u32(page, 36), PageBytes.u32(page, 40), text);
	}

}
