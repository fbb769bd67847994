package org.litestream4j.store.s3;

import java.io.BufferedInputStream;
import java.io.Closeable;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.InterruptedIOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Deque;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Supplier;

import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.SSLSocketFactory;

import org.jspecify.annotations.Nullable;

/**
 * As much of HTTP/1.1 as reading from a store takes: GET and HEAD, over connections that
 * are kept. What is not understood is an {@link IOException}, and for somebody else to
 * ask again. Thread-safe.
 */
final class S3PlainHttp implements Closeable {

	/** As the SDK has it. */
	private static final Duration CONNECT = Duration.ofSeconds(2);

	/** Between bytes of a body. */
	private static final Duration BODY = Duration.ofSeconds(30);

	/** What was idle longer may have been closed by the other side. */
	private static final Duration IDLE = Duration.ofSeconds(4);

	private static final int LONGEST_LINE = 16 << 10;

	private static final int MOST_HEADERS = 200;

	/** As much as the JVM copies at once outside of the heap, for each thread. */
	private static final int MOST_AT_ONCE = 32 << 10;

	private final S3PlainConnection connection;

	private final Supplier<SSLSocketFactory> tls;

	private final Deque<Wire> idle = new ArrayDeque<>();

	private boolean closed;

	S3PlainHttp(S3PlainConnection connection) {
		this(connection, () -> (SSLSocketFactory) SSLSocketFactory.getDefault());
	}

	/**
	 * Creates it. Does no I/O.
	 * @param connection where to
	 * @param tls decides whom to trust, if the connection is secure
	 */
	S3PlainHttp(S3PlainConnection connection, Supplier<SSLSocketFactory> tls) {
		this.connection = connection;
		this.tls = tls;
	}

	/**
	 * Asks.
	 * @param target path and query
	 * @param headers all of them
	 * @param limit for the beginning of an answer
	 * @return the answer, whose body has to be closed
	 * @throws SocketTimeoutException if there is none in time
	 * @throws IOException if there is none, or it is not understood
	 */
	Answer get(String target, Map<String, String> headers, Duration limit) throws IOException {
		return ask("GET", target, headers, limit);
	}

	/** As {@link #get}, for the headers alone: the body is empty, whatever its length. */
	Answer head(String target, Map<String, String> headers, Duration limit) throws IOException {
		return ask("HEAD", target, headers, limit);
	}

	private Answer ask(String method, String target, Map<String, String> headers, Duration limit) throws IOException {
		long deadline = System.nanoTime() + limit.toNanos();
		StringBuilder request = new StringBuilder(512).append(method)
			.append(' ')
			.append(target)
			.append(" HTTP/1.1\r\n");
		headers.forEach((name, value) -> request.append(name).append(": ").append(value).append("\r\n"));
		byte[] bytes = request.append("\r\n").toString().getBytes(StandardCharsets.ISO_8859_1);
		boolean bare = method.equals("HEAD");
		Wire kept = idle();
		if (kept != null) {
			try {
				return ask(kept, bytes, bare, deadline);
			}
			catch (StaleException ex) {
				// closed by the other side since
			}
		}
		return ask(new Wire(), bytes, bare, deadline);
	}

	private Answer ask(Wire wire, byte[] request, boolean bare, long deadline) throws IOException {
		try {
			return wire.ask(request, bare, deadline);
		}
		catch (IOException | RuntimeException ex) {
			wire.close();
			throw ex;
		}
	}

	/** Milliseconds until then, for a socket, which takes 0 for ever. */
	private static int until(long deadline) throws SocketTimeoutException {
		long left = deadline - System.nanoTime();
		if (left <= 0) {
			throw new SocketTimeoutException("no answer in time");
		}
		return (int) Math.max(1, Math.min(left / 1_000_000, Integer.MAX_VALUE));
	}

	private synchronized @Nullable Wire idle() throws IOException {
		for (Wire wire = this.idle.pollLast(); wire != null; wire = this.idle.pollLast()) {
			if (System.nanoTime() - wire.idleSince < IDLE.toNanos()) {
				return wire;
			}
			wire.close();
		}
		return null;
	}

	private synchronized void release(Wire wire) throws IOException {
		if (this.closed) {
			wire.close();
			return;
		}
		wire.idleSince = System.nanoTime();
		this.idle.addLast(wire);
	}

	/** Ends connections that are not used; the others end with their answers. */
	@Override
	public synchronized void close() throws IOException {
		this.closed = true;
		for (Wire wire : this.idle) {
			wire.close();
		}
		this.idle.clear();
	}

	/**
	 * An answer.
	 *
	 * @param status three digits
	 * @param headers by lower-case names; of equals the last one
	 * @param length bytes of the body, or of what it would be; -1 if the answer does not
	 * say
	 * @param body ends where the answer does, or fails; closing it before its end drops
	 * the connection
	 */
	record Answer(int status, Map<String, String> headers, long length, InputStream body) implements Closeable {

		@Override
		public void close() throws IOException {
			this.body.close();
		}

	}

	/** A kept connection was of no use. */
	private static final class StaleException extends IOException {

		private static final long serialVersionUID = 1L;

		StaleException(@Nullable Throwable cause) {
			super("the connection was closed", cause);
		}

	}

	/** A connection. Used by one thread; any may close it. */
	private final class Wire implements Closeable {

		private final Socket socket;

		private final InputStream in;

		private boolean used;

		private long idleSince;

		@SuppressWarnings("AddressSelection") // as the SDK: the first one
		Wire() throws IOException {
			S3PlainConnection to = S3PlainHttp.this.connection;
			Socket plain = new Socket();
			try {
				plain.setTcpNoDelay(true);
				plain.setSoTimeout(Math.toIntExact(BODY.toMillis())); // for a handshake
				plain.connect(new InetSocketAddress(to.host(), to.port()), Math.toIntExact(CONNECT.toMillis()));
				this.socket = to.isSecure() ? secure(plain, to) : plain;
				this.in = new BufferedInputStream(this.socket.getInputStream(), 4096);
			}
			catch (IOException | RuntimeException ex) {
				plain.close();
				throw ex;
			}
		}

		private Socket secure(Socket plain, S3PlainConnection to) throws IOException {
			SSLSocket socket = (SSLSocket) S3PlainHttp.this.tls.get().createSocket(plain, to.host(), to.port(), true);
			SSLParameters parameters = socket.getSSLParameters();
			// a certificate for another host is not accepted
			parameters.setEndpointIdentificationAlgorithm("HTTPS");
			socket.setSSLParameters(parameters);
			socket.startHandshake();
			return socket;
		}

		/** Bare is an answer without a body. */
		Answer ask(byte[] request, boolean bare, long deadline) throws IOException {
			boolean again = this.used;
			this.used = true;
			String status;
			try {
				this.socket.setSoTimeout(until(deadline));
				this.socket.getOutputStream().write(request);
				status = line(deadline);
			}
			catch (SocketTimeoutException ex) {
				throw ex;
			}
			catch (IOException ex) {
				throw again ? new StaleException(ex) : ex;
			}
			if (!status.matches("HTTP/1\\.1 [1-5]\\d\\d( .*)?")) {
				throw new IOException("no answer of HTTP/1.1");
			}
			int code = Integer.parseInt(status.substring(9, 12));
			Map<String, String> headers = headers(deadline);
			this.socket.setSoTimeout(Math.toIntExact(BODY.toMillis()));
			boolean keep = !headers.getOrDefault("connection", "").toLowerCase(Locale.ROOT).contains("close");
			if (headers.containsKey("content-encoding")) {
				throw new IOException("an answer that is encoded");
			}
			if (bare) {
				String length = headers.getOrDefault("content-length", "");
				return new Answer(code, headers, length.isEmpty() ? -1 : length(length, 10),
						new Body(this, keep, 0, false));
			}
			if (headers.containsKey("transfer-encoding")) {
				if (!headers.get("transfer-encoding").equalsIgnoreCase("chunked")
						|| headers.containsKey("content-length")) {
					throw new IOException("an answer of unknown length");
				}
				return new Answer(code, headers, -1, new Body(this, keep, 0, true));
			}
			long length = length(headers.getOrDefault("content-length", ""), 10);
			return new Answer(code, headers, length, new Body(this, keep, length, false));
		}

		private Map<String, String> headers(long deadline) throws IOException {
			Map<String, String> headers = new HashMap<>();
			for (String line = line(deadline); !line.isEmpty(); line = line(deadline)) {
				int colon = line.indexOf(':');
				if (colon <= 0 || headers.size() == MOST_HEADERS) {
					throw new IOException("an answer with a header that is none");
				}
				headers.put(line.substring(0, colon).toLowerCase(Locale.ROOT), line.substring(colon + 1).strip());
			}
			return headers;
		}

		/** Without its end. */
		private String line(long deadline) throws IOException {
			byte[] bytes = new byte[128];
			int length = 0;
			for (int next = this.in.read(); next != '\n'; next = this.in.read()) {
				if (next < 0) {
					throw new EOFException("the answer broke off");
				}
				until(deadline);
				if (length == LONGEST_LINE) {
					throw new IOException("an answer with a line that is too long");
				}
				if (length == bytes.length) {
					bytes = Arrays.copyOf(bytes, 2 * length);
				}
				bytes[length++] = (byte) next;
			}
			if (length > 0 && bytes[length - 1] == '\r') {
				length--;
			}
			return new String(bytes, 0, length, StandardCharsets.ISO_8859_1);
		}

		@Override
		public void close() throws IOException {
			this.socket.close();
		}

	}

	private static long length(String digits, int radix) throws IOException {
		try {
			if (digits.isEmpty() || digits.charAt(0) == '+' || digits.charAt(0) == '-') {
				throw new IOException("an answer of unknown length");
			}
			return Long.parseLong(digits, radix);
		}
		catch (NumberFormatException ex) {
			throw new IOException("an answer of unknown length", ex);
		}
	}

	/** Read by one thread; any may close it. */
	private final class Body extends InputStream {

		private final Wire wire;

		private final boolean keep;

		/** Whether more chunks follow. */
		private boolean chunks;

		/** Whether a chunk was read, after which its line has to end. */
		private boolean within;

		/** Of the body, or of this chunk. */
		private long left;

		/** Whether the connection was given back, or closed: by whoever is first. */
		private final AtomicBoolean ended = new AtomicBoolean();

		private volatile boolean closed;

		Body(Wire wire, boolean keep, long left, boolean chunks) throws IOException {
			this.wire = wire;
			this.keep = keep;
			this.left = left;
			this.chunks = chunks;
			if (left == 0 && !chunks) {
				end();
			}
		}

		@Override
		public int read() throws IOException {
			byte[] one = new byte[1];
			return (read(one, 0, 1) < 0) ? -1 : one[0] & 0xff;
		}

		@Override
		public int read(byte[] bytes, int offset, int count) throws IOException {
			if (count == 0) {
				return 0;
			}
			if (this.closed) {
				throw new IOException("the stream is closed");
			}
			if (Thread.currentThread().isInterrupted()) {
				throw new InterruptedIOException("reading was interrupted");
			}
			if (this.left == 0 && this.chunks) {
				nextChunk();
			}
			if (this.left == 0) {
				return -1;
			}
			int read = this.wire.in.read(bytes, offset, (int) Math.min(Math.min(count, MOST_AT_ONCE), this.left));
			if (read < 0) {
				throw new EOFException("the answer broke off");
			}
			this.left -= read;
			if (this.left == 0 && !this.chunks) {
				end();
			}
			return read;
		}

		private void nextChunk() throws IOException {
			long deadline = System.nanoTime() + BODY.toNanos();
			if (this.within && !this.wire.line(deadline).isEmpty()) {
				throw new IOException("an answer with a chunk that has no end");
			}
			this.within = true;
			String line = this.wire.line(deadline);
			int extension = line.indexOf(';');
			this.left = length(((extension < 0) ? line : line.substring(0, extension)).strip(), 16);
			if (this.left == 0) {
				this.chunks = false;
				this.wire.headers(deadline); // trailers
				end();
			}
		}

		private void end() throws IOException {
			if (!this.ended.compareAndSet(false, true)) {
				return;
			}
			if (this.keep) {
				release(this.wire);
			}
			else {
				this.wire.close();
			}
		}

		@Override
		public void close() throws IOException {
			this.closed = true;
			if (this.ended.compareAndSet(false, true)) {
				this.wire.close();
			}
		}

	}

}
