package org.litestream4j.store.sftp;

import java.io.IOException;
import java.io.InterruptedIOException;
import java.net.SocketTimeoutException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.atomic.AtomicReference;

import org.apache.sshd.client.session.ClientSession;
import org.apache.sshd.common.SshException;
import org.apache.sshd.common.io.WritePendingException;
import org.apache.sshd.common.util.buffer.Buffer;
import org.apache.sshd.common.util.buffer.ByteArrayBuffer;
import org.apache.sshd.sftp.client.SftpClient;
import org.apache.sshd.sftp.client.SftpVersionSelector;
import org.apache.sshd.sftp.client.impl.DefaultSftpClient;
import org.apache.sshd.sftp.client.impl.SftpAckData;
import org.apache.sshd.sftp.client.impl.SftpResponse;
import org.apache.sshd.sftp.common.SftpConstants;
import org.jspecify.annotations.Nullable;

/**
 * Speaks SFTP's version 3, which every server does, and OpenSSH's extensions of it.
 * Requests are sent without waiting for the answers to others, which come in order: an
 * answer costs a round trip, and ten sent at once cost one. Thread-safe.
 */
class SftpChannel extends DefaultSftpClient {

	/*-
	 * A request as built here, in what the library puts a length, a type and an id before:
	 *
	 *   OPEN      path | flags | attributes     CLOSE    handle
	 *   WRITE     handle | offset | bytes       READ     handle | offset | length
	 *   FSTAT     handle                        REMOVE   path
	 *   FSETSTAT  handle | attributes
	 *   EXTENDED  name | what that extension takes
	 *
	 * Strings and bytes have their length before them.
	 */

	private static final String POSIX_RENAME = "posix-rename@openssh.com";

	private static final String HARD_LINK = "hardlink@openssh.com";

	private static final String FSYNC = "fsync@openssh.com";

	private static final String STATVFS = "statvfs@openssh.com";

	private static final int ATTRIBUTE_PERMISSIONS = 4;

	private static final int ATTRIBUTE_TIMES = 8;

	private final Duration timeout;

	/**
	 * Requests whose answers nobody waits for any more; its monitor is notified of each
	 * answer.
	 */
	private final Set<Integer> abandoned = new HashSet<>();

	SftpChannel(ClientSession session, Duration timeout) throws IOException {
		super(session, SftpVersionSelector.fixedVersionSelector(SftpConstants.SFTP_V3), null);
		this.timeout = timeout;
		getClientChannel().addCloseFutureListener((closed) -> {
			synchronized (this.abandoned) {
				this.abandoned.notifyAll();
			}
		});
	}

	boolean canReplace() {
		return getServerExtensions().containsKey(POSIX_RENAME);
	}

	boolean canLink() {
		return getServerExtensions().containsKey(HARD_LINK);
	}

	boolean canForce() {
		return getServerExtensions().containsKey(FSYNC);
	}

	/**
	 * After an interrupt the library may be left with a request that the connection has
	 * not taken yet: then it takes no other one, and is of no more use.
	 */
	@Override
	public int send(int command, Buffer request) throws IOException {
		try {
			return super.send(command, request);
		}
		catch (WritePendingException ex) {
			throw new SshException("the connection has not taken the request before this one", ex);
		}
	}

	/** The answer to a request; waits for no more than the timeout. */
	@Override
	public Buffer receive(int id) throws IOException {
		Buffer answer = receive(id, this.timeout);
		if (answer == null) {
			throw new SocketTimeoutException("no answer within %s".formatted(this.timeout));
		}
		return answer;
	}

	/**
	 * The answer to a request, if it comes within a time; null if not. The library's own
	 * wait forgets the request then, and breaks the connection off when its answer comes.
	 */
	@Override
	public @Nullable Buffer receive(int id, Duration within) throws IOException {
		long deadline = System.nanoTime() + within.toNanos();
		synchronized (this.abandoned) {
			while (true) {
				Buffer answer = super.receive(id, Duration.ZERO);
				long left = deadline - System.nanoTime();
				if (answer != null || left <= 0) {
					return answer;
				}
				if (isClosing() || !isOpen()) {
					throw new SshException("the channel is closed");
				}
				try {
					this.abandoned.wait(left / 1_000_000 + 1);
				}
				catch (InterruptedException ex) {
					throw (InterruptedIOException) new InterruptedIOException("interrupted").initCause(ex);
				}
			}
		}
	}

	@Override
	protected void process(Buffer incoming) throws IOException {
		int start = incoming.rpos();
		incoming.getInt();
		incoming.getUByte();
		int id = incoming.getInt();
		incoming.rpos(start);
		super.process(incoming);
		Set<Integer> unwanted = this.abandoned;
		if (unwanted == null) {
			return; // the very first answer comes while the superclass is constructed
		}
		synchronized (unwanted) {
			if (unwanted.remove(id)) {
				super.receive(id, Duration.ZERO);
			}
			unwanted.notifyAll();
		}
	}

	/** Whoever waited for an answer does not any more. */
	void abandon(int id) {
		synchronized (this.abandoned) {
			try {
				if (super.receive(id, Duration.ZERO) == null) {
					this.abandoned.add(id);
				}
			}
			catch (IOException ex) {
				// the connection is gone, and the answer with it
			}
		}
	}

	/**
	 * Opens a new file for writing.
	 * @param permissions of the file, or -1
	 */
	byte[] create(String path, int permissions) throws IOException {
		return open(path, SftpConstants.SSH_FXF_WRITE | SftpConstants.SSH_FXF_CREAT | SftpConstants.SSH_FXF_EXCL,
				permissions);
	}

	byte[] openForReading(String path) throws IOException {
		return open(path, SftpConstants.SSH_FXF_READ, -1);
	}

	private byte[] open(String path, int flags, int permissions) throws IOException {
		Buffer request = new ByteArrayBuffer();
		request.putString(path, StandardCharsets.UTF_8);
		request.putInt(flags);
		request.putInt((permissions < 0) ? 0 : ATTRIBUTE_PERMISSIONS);
		if (permissions >= 0) {
			request.putInt(permissions);
		}
		return checkHandleResponse(response(SftpConstants.SSH_FXP_OPEN, send(SftpConstants.SSH_FXP_OPEN, request)));
	}

	int sendWrite(byte[] handle, long offset, byte[] bytes, int length) throws IOException {
		Buffer request = new ByteArrayBuffer(handle.length + length + 64);
		request.putBytes(handle);
		request.putLong(offset);
		request.putBytes(bytes, 0, length);
		return send(SftpConstants.SSH_FXP_WRITE, request);
	}

	int sendRead(byte[] handle, long offset, int length) throws IOException {
		Buffer request = new ByteArrayBuffer(handle.length + 64);
		request.putBytes(handle);
		request.putLong(offset);
		request.putUInt(length);
		return send(SftpConstants.SSH_FXP_READ, request);
	}

	int sendForce(byte[] handle) throws IOException {
		Buffer request = extended(FSYNC);
		request.putBytes(handle);
		return send(SftpConstants.SSH_FXP_EXTENDED, request);
	}

	int sendStat(byte[] handle) throws IOException {
		Buffer request = new ByteArrayBuffer(handle.length + 16);
		request.putBytes(handle);
		return send(SftpConstants.SSH_FXP_FSTAT, request);
	}

	/** Sets when a file was last read and written. */
	int sendTimes(byte[] handle, Instant time) throws IOException {
		Buffer request = new ByteArrayBuffer(handle.length + 32);
		request.putBytes(handle);
		request.putInt(ATTRIBUTE_TIMES);
		request.putUInt(time.getEpochSecond());
		request.putUInt(time.getEpochSecond());
		return send(SftpConstants.SSH_FXP_FSETSTAT, request);
	}

	/** The beginning of a file, of so many bytes at most. */
	String readString(byte[] handle, int most) throws IOException {
		Data data = pollRead(sendRead(handle, 0, most), 0, most, this.timeout);
		if (data == null) {
			throw new SocketTimeoutException("no answer within %s".formatted(this.timeout));
		}
		return new String(data.array(), data.offset(), data.length(), StandardCharsets.UTF_8);
	}

	int sendClose(byte[] handle) throws IOException {
		Buffer request = new ByteArrayBuffer(handle.length + 16);
		request.putBytes(handle);
		return send(SftpConstants.SSH_FXP_CLOSE, request);
	}

	int sendRemove(String path) throws IOException {
		Buffer request = new ByteArrayBuffer();
		request.putString(path, StandardCharsets.UTF_8);
		return send(SftpConstants.SSH_FXP_REMOVE, request);
	}

	/** Closes what was opened, without waiting. */
	void closeQuietly(byte[] handle) {
		try {
			abandon(sendClose(handle));
		}
		catch (IOException ex) {
			// the connection is gone, and the handle with it
		}
	}

	/**
	 * Waits for the answer to a request that changes something.
	 * @throws org.apache.sshd.sftp.common.SftpException if the server refuses
	 */
	void await(int command, int id) throws IOException {
		checkResponseStatus(response(command, id));
	}

	SftpClient.Attributes awaitStat(int id) throws IOException {
		return checkAttributesResponse(response(SftpConstants.SSH_FXP_FSTAT, id));
	}

	/**
	 * The answer to a read, if it has come within a time; null if not yet.
	 * @return empty at the end of the file
	 */
	@Nullable Data pollRead(int id, long offset, int length, Duration within) throws IOException {
		Buffer answer = receive(id, within);
		if (answer == null) {
			return null;
		}
		SftpResponse response = SftpResponse.parse(SftpConstants.SSH_FXP_READ, answer);
		Buffer data = checkDataResponse(new SftpAckData(id, offset, length), response, new AtomicReference<>());
		return (data == null) ? new Data(new byte[0], 0, 0) : new Data(data.array(), data.rpos(), data.available());
	}

	/** Gives a file another name, in one step, which replaces what has it. */
	void replace(String from, String to) throws IOException {
		Buffer request = extended(POSIX_RENAME);
		request.putString(from, StandardCharsets.UTF_8);
		request.putString(to, StandardCharsets.UTF_8);
		await(SftpConstants.SSH_FXP_EXTENDED, send(SftpConstants.SSH_FXP_EXTENDED, request));
	}

	/** Gives a file a second name, in one step, which nothing may have. */
	void link(String from, String to) throws IOException {
		Buffer request = extended(HARD_LINK);
		request.putString(from, StandardCharsets.UTF_8);
		request.putString(to, StandardCharsets.UTF_8);
		await(SftpConstants.SSH_FXP_EXTENDED, send(SftpConstants.SSH_FXP_EXTENDED, request));
	}

	/** Gives a file another name, which nothing may have. */
	void renameToNew(String from, String to) throws IOException {
		rename(from, to, List.of());
	}

	/** What is known of the file system that a path is in; empty if nothing is. */
	@Nullable Space space(String path) throws IOException {
		if (!getServerExtensions().containsKey(STATVFS)) {
			return null;
		}
		Buffer request = extended(STATVFS);
		request.putString(path, StandardCharsets.UTF_8);
		SftpResponse response = response(SftpConstants.SSH_FXP_EXTENDED, send(SftpConstants.SSH_FXP_EXTENDED, request));
		if (response.getType() != SftpConstants.SSH_FXP_EXTENDED_REPLY) {
			return null;
		}
		// Block size, fragment size; blocks in all, free, free for us; files in all,
		// free,
		// free for us; file system, flags
		Buffer answer = response.getBuffer();
		long[] values = new long[10];
		for (int i = 0; i < values.length; i++) {
			values[i] = answer.getLong();
		}
		return new Space(values[1] * values[4], values[5], values[7], (values[9] & 1) != 0);
	}

	private static Buffer extended(String name) {
		Buffer request = new ByteArrayBuffer();
		request.putString(name, StandardCharsets.UTF_8);
		return request;
	}

	/** Whether a failure came from waiting, which an interrupt ended. */
	static boolean isInterrupt(Throwable failure) {
		for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
			if (cause instanceof InterruptedException
					|| (cause instanceof InterruptedIOException && !(cause instanceof SocketTimeoutException))) {
				return true;
			}
		}
		return false;
	}

	/**
	 * Bytes of a file.
	 *
	 * @param array has them from {@code offset} on
	 * @param offset of the first one
	 * @param length how many
	 */
	// It is compared with nothing, and a copy would cost as much as a read
	@SuppressWarnings("ArrayRecordComponent")
	record Data(byte[] array, int offset, int length) {
	}

	/**
	 * What a file system has left.
	 *
	 * @param bytes that we may write
	 * @param files in all, 0 if they are not counted
	 * @param freeFiles that we may create
	 * @param readOnly whether nothing may be written
	 */
	record Space(long bytes, long files, long freeFiles, boolean readOnly) {
	}

}
