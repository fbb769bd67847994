package org.litestream4j.live;

import java.util.ArrayList;
import java.util.List;
import java.util.NavigableMap;
import java.util.TreeMap;

import org.litestream4j.format.WalPosition;

/**
 * Which index each file of the shadow WAL is. A file keeps the number that it is named
 * by, and so does every note that names a position in it, so that moving all indexes on
 * is one small file replaced: there is no moment at which some are moved and others are
 * not.
 *
 * @param begin the number of the generation's first file
 * @param moves how far files from some number on were moved, by that number
 */
record Numbering(int begin, List<Move> moves) {

	/** As a generation begins that nothing was moved in. */
	static final Numbering PLAIN = new Numbering(0, List.of());

	Numbering {
		moves = List.copyOf(moves);
	}

	/**
	 * Files of some number and later ones are moved on.
	 *
	 * @param from the first that is moved
	 * @param by how far
	 */
	record Move(int from, int by) {
	}

	/** Which index the file of a number is; more than an index can be if it is beyond. */
	long index(int number) {
		long index = number;
		for (Move move : this.moves) {
			if (move.from() <= number) {
				index += move.by();
			}
		}
		return index;
	}

	/** The number of the file that is an index, or of the first one after it. */
	int numberFrom(int index) {
		int low = 0;
		int high = index;
		while (low < high) {
			int middle = (low + high) >>> 1;
			if (index(middle) < index) {
				low = middle + 1;
			}
			else {
				high = middle;
			}
		}
		return low;
	}

	/** The number of the file that is an index; -1 if none can be. */
	int number(int index) {
		int number = numberFrom(index);
		return (index(number) == index) ? number : -1;
	}

	/** Which index the generation's first file is. */
	int firstIndex() {
		return Math.toIntExact(index(this.begin));
	}

	/**
	 * The index that follows another one when the WAL restarts; too large if none can.
	 */
	long indexAfter(int index) {
		return index(numberFrom(index) + 1);
	}

	/** A position by the number of its file. */
	WalPosition named(WalPosition position) {
		return new WalPosition(position.generation(), numberFrom(position.index()), position.offset());
	}

	/**
	 * The same with indexes moved on.
	 * @param from the first that is
	 * @param oldest the oldest index that there is: moves of it need not be told apart
	 */
	Numbering moved(int from, int by, int oldest) {
		int oldestNumber = numberFrom(oldest);
		NavigableMap<Integer, Integer> all = new TreeMap<>();
		this.moves.forEach((move) -> all.merge(Math.max(move.from(), oldestNumber), move.by(), Math::addExact));
		all.merge(Math.max(numberFrom(from), oldestNumber), by, Math::addExact);
		List<Move> changed = new ArrayList<>();
		all.forEach((number, distance) -> changed.add(new Move(number, distance)));
		return new Numbering(this.begin, changed);
	}

}
