package org.litestream4j.format;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.util.Optional;

import org.jspecify.annotations.Nullable;

import org.litestream4j.Internal;

/**
 * How a format keeps the bytes of an object, and what an object says of itself. What
 * compresses stands in here alone, so that what encrypts can stand around it.
 * Thread-safe; streams and decoders are not.
 */
@Internal
public interface ObjectCodec {

	/** As Litestream v0.3 keeps them: LZ4 frames, after a note that its readers skip. */
	ObjectCodec LZ4 = new Lz4Codec();

	/**
	 * Encodes an object. Closing the stream ends the object, and leaves {@code out} open:
	 * after a failure half-way, too, so the whole object must then be thrown away.
	 * @param out where it goes
	 * @param note what it says of itself, or null for nothing; the same note and content
	 * give the same bytes
	 * @param expectedBytes of content, roughly
	 * @return a stream for the content
	 * @throws IOException if the beginning cannot be written
	 */
	OutputStream encode(OutputStream out, @Nullable ObjectNote note, long expectedBytes) throws IOException;

	/**
	 * Makes a decoder, which decodes objects, one after another.
	 * @return the decoder
	 * @throws IOException if it cannot be made
	 */
	Decoder decoder() throws IOException;

	/**
	 * How much of an object's beginning is enough to {@linkplain #note read} its note.
	 * @return bytes as stored
	 */
	int noteBytes();

	/**
	 * Reads the note that an object begins with.
	 * @param stored the object from its beginning, or as much of it as
	 * {@link #noteBytes()} says
	 * @return the note; empty if its writer left none
	 * @throws IOException if the object cannot be read
	 */
	Optional<ObjectNote> note(InputStream stored) throws IOException;

	/**
	 * Decodes objects, one after another, with the same buffers: those of a small segment
	 * take longer to allocate than to fill. Not thread-safe.
	 */
	interface Decoder {

		/**
		 * Begins with an object; the one before must have been read to its end.
		 * Truncation, bit flips and trailing bytes surface as {@link IOException} while
		 * reading.
		 * @param stored the object's bytes as stored
		 * @return its content; not to be closed
		 * @throws IOException if the beginning cannot be read
		 */
		InputStream decode(InputStream stored) throws IOException;

		/**
		 * {@return the note of the object that was begun last; null if it has none}
		 */
		@Nullable ObjectNote note();

	}

}
