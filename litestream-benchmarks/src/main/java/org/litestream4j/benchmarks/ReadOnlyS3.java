package org.litestream4j.benchmarks;

import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Locale;
import java.util.concurrent.locks.LockSupport;

/**
 * As little of an S3 server as a restore needs, so that a measurement on few processors
 * is one of the programs and not of the server: it lists and reads the files of a
 * directory as the objects of whatever bucket is asked for, verifies no signature, keeps
 * no log, and waits exactly as long before each answer. Thread-safe.
 */
final class ReadOnlyS3 implements AutoCloseable {

	private static final String HEAD = "HTTP/1.1 %s\r\nServer: benchmark\r\nContent-Type: %s\r\nContent-Length: %d\r\n";

	private final ReadOnlyObjects objects;

	private final Duration latency;

	private final ServerSocket socket;

	private ReadOnlyS3(ReadOnlyObjects objects, Duration latency, ServerSocket socket) {
		this.objects = objects;
		this.latency = latency;
		this.socket = socket;
	}

	/**
	 * Starts on a free loopback port.
	 * @param directory holds the objects, and does not change any more
	 * @param latency from a request's last byte to the answer's first
	 */
	static ReadOnlyS3 start(Path directory, Duration latency) throws IOException {
		ReadOnlyS3 server = new ReadOnlyS3(ReadOnlyObjects.of(directory), latency,
				new ServerSocket(0, 512, InetAddress.getLoopbackAddress()));
		startThread(server::accept);
		return server;
	}

	int port() {
		return this.socket.getLocalPort();
	}

	private static void startThread(Runnable task) {
		Thread thread = new Thread(task, "benchmark-s3");
		thread.setDaemon(true);
		thread.start();
	}

	private void accept() {
		while (!this.socket.isClosed()) {
			try {
				Socket client = this.socket.accept();
				client.setTcpNoDelay(true);
				startThread(() -> serve(client));
			}
			catch (IOException ex) {
				// closed, or the client has gone already
			}
		}
	}

	private void serve(Socket client) {
		try (client;
				InputStream in = new BufferedInputStream(client.getInputStream(), 4096);
				OutputStream out = client.getOutputStream()) {
			String request = readLine(in);
			while (!request.isEmpty()) {
				String range = readHeaders(in);
				waitUntil(System.nanoTime() + this.latency.toNanos());
				answer(request.split(" ")[1], range, out);
				request = readLine(in);
			}
		}
		catch (IOException ex) {
			// the client has gone
		}
	}

	/** Returns the range that is asked for, or nothing. */
	private static String readHeaders(InputStream in) throws IOException {
		String range = "";
		String header = readLine(in);
		while (!header.isEmpty()) {
			if (header.regionMatches(true, 0, "range:", 0, 6)) {
				range = header.substring(6).strip().toLowerCase(Locale.ROOT);
			}
			header = readLine(in);
		}
		return range;
	}

	/** To the fraction of a millisecond, which sleeping is not good for. */
	private static void waitUntil(long due) {
		long remaining = due - System.nanoTime();
		while (remaining > 0) {
			LockSupport.parkNanos(remaining);
			remaining = due - System.nanoTime();
		}
	}

	/** Without its end; empty at the end of the input, too. */
	private static String readLine(InputStream in) throws IOException {
		StringBuilder line = new StringBuilder(128);
		for (int next = in.read(); next >= 0 && next != '\n'; next = in.read()) {
			if (next != '\r') {
				line.append((char) next);
			}
		}
		return line.toString();
	}

	private void answer(String target, String range, OutputStream out) throws IOException {
		int query = target.indexOf('?');
		String path = (query < 0) ? target : target.substring(0, query);
		int slash = path.indexOf('/', 1);
		if (slash < 0 || slash == path.length() - 1) {
			byte[] page = this.objects.list((query < 0) ? "" : target.substring(query + 1))
				.getBytes(StandardCharsets.UTF_8);
			send(out, HEAD.formatted("200 OK", "application/xml", page.length), page, 0, page.length);
			return;
		}
		ReadOnlyObjects.Content object = this.objects.read(path.substring(slash + 1), range);
		if (object == null) {
			byte[] error = "<Error><Code>NoSuchKey</Code><Message>none</Message></Error>"
				.getBytes(StandardCharsets.UTF_8);
			send(out, HEAD.formatted("404 Not Found", "application/xml", error.length), error, 0, error.length);
			return;
		}
		send(out, HEAD.formatted(object.whole() ? "200 OK" : "206 Partial Content", "application/octet-stream",
				object.length()) + object.headers(), object.bytes(), object.from(), object.length());
	}

	/* One packet for a small answer, as a real server sends it. */
	private static void send(OutputStream out, String head, byte[] body, int from, int length) throws IOException {
		byte[] start = (head + "\r\n").getBytes(StandardCharsets.ISO_8859_1);
		if (length > 64 << 10) {
			out.write(start);
			out.write(body, from, length);
			return;
		}
		byte[] all = new byte[start.length + length];
		System.arraycopy(start, 0, all, 0, start.length);
		System.arraycopy(body, from, all, start.length, length);
		out.write(all);
	}

	@Override
	public void close() throws IOException {
		this.socket.close();
	}

}
