package org.litestream4j.format.ltx;

import org.jspecify.annotations.Nullable;

/** Which page may follow which in a file: the same for who writes and who reads it. */
final class LtxOrder {

	private LtxOrder() {
	}

	/**
	 * Why a page must not follow another one.
	 * @param last the number of the page before; 0 if there is none
	 */
	static @Nullable String problem(LtxHeader header, int last, int number) {
		if (number < 1 || number > header.pages()) {
			return "page %d of a database of %d pages".formatted(Integer.toUnsignedLong(number), header.pages());
		}
		if (number == header.lockPage()) {
			return "page %d, which is the lock page".formatted(number);
		}
		int next = next(header, last);
		if (number < next || (header.isWhole() && number != next)) {
			return "page %d after page %d".formatted(number, last);
		}
		return null;
	}

	/** Why a file must not end after a page. */
	static @Nullable String problemAtEnd(LtxHeader header, int last) {
		int next = next(header, last);
		return (header.isWhole() && next <= header.pages() && next > 0)
				? "it ends with page %d of %d, though it holds every one".formatted(last, header.pages()) : null;
	}

	/** The page after one, but for the lock page. */
	static int next(LtxHeader header, int last) {
		return (last + 1 == header.lockPage()) ? last + 2 : last + 1;
	}

}
