package org.litestream4j.store.sftp;

import java.io.IOException;
import java.net.SocketTimeoutException;
import java.nio.file.NoSuchFileException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicBoolean;

import org.apache.sshd.sftp.client.SftpClient;
import org.apache.sshd.sftp.common.SftpConstants;
import org.apache.sshd.sftp.common.SftpException;

import org.jspecify.annotations.Nullable;

import org.litestream4j.store.NewObject;
import org.litestream4j.store.ObjectContent;
import org.litestream4j.store.ObjectReplacedException;
import org.litestream4j.store.ObjectStore;
import org.litestream4j.store.PreconditionFailedException;
import org.litestream4j.store.OpenedObject;
import org.litestream4j.store.StoreCapabilities;
import org.litestream4j.store.StoredObject;

/**
 * Keeps objects as files of a directory on a machine that is reached by SFTP. When one
 * was stored is its file's modification time, in whole seconds. What is not a plain file
 * and what has a name that begins with a dot is not an object. Thread-safe.
 * <p>
 * SFTP says nothing more of a file than its size and its time, so an object's tag is
 * those: of two that replace each other within a second and are of equal size, a reader
 * cannot tell one from the other. What replaces an object on the condition that it is
 * {@linkplain org.litestream4j.store.Precondition.Unchanged unchanged} is therefore given
 * a later time, in whole seconds, than what it replaces. The server decides on
 * conditions, if it has hard links; else they are refused.
 */
final class SftpStore implements ObjectStore {

	static final int ANY_PERMISSIONS = -1;

	static final int OWNER_ONLY = 0600;

	/** Each connection carries the requests of several readers. */
	private static final int READS_PER_CONNECTION = 4;

	private final SftpLocation location;

	private final SftpConnections connections;

	private final SftpConnections.Freshness freshness;

	private final SftpErrors errors;

	private final SftpObjectWriter writer;

	private final AtomicBoolean closed;

	/**
	 * Creates a store. Does no I/O.
	 * @param connections are released when the store is closed
	 * @param permissions of new files, or -1
	 */
	SftpStore(SftpLocation location, SftpConnections connections, int permissions) {
		this.location = location;
		this.connections = connections;
		this.freshness = SftpConnections.Freshness.ANY;
		this.errors = new SftpErrors(location.toString(), connections.access());
		this.writer = new SftpObjectWriter(location.path(), permissions);
		this.closed = new AtomicBoolean();
	}

	/** Another one, which is closed with the first one. */
	private SftpStore(SftpStore other, SftpConnections.Freshness freshness) {
		this.location = other.location;
		this.connections = other.connections;
		this.freshness = freshness;
		this.errors = other.errors;
		this.writer = other.writer;
		this.closed = other.closed;
	}

	@Override
	public String type() {
		return "sftp";
	}

	@Override
	public String url() {
		return this.location.toString();
	}

	/** The server, whoever logs in there. */
	@Override
	public String lane() {
		return this.location.server();
	}

	/**
	 * Whether a server can decide on a condition is not known before one is connected.
	 */
	@Override
	public StoreCapabilities capabilities() {
		return new StoreCapabilities(this.connections.access().connections() * READS_PER_CONNECTION,
				StoreCapabilities.Metadata.NONE, StoreCapabilities.Reads.PARALLEL, this.writer.conditions());
	}

	@Override
	public Optional<Duration> clockOffset() {
		return this.writer.clockOffset();
	}

	@Override
	public ObjectStore afresh() {
		return new SftpStore(this, SftpConnections.Freshness.NEW);
	}

	@Override
	public List<String> directories(String directory) throws IOException {
		return call("list", directory, Repeat.SAFE, (channel) -> {
			List<String> names = new ArrayList<>();
			visit(channel, directory, (entry) -> {
				if (entry.getAttributes().isDirectory()) {
					names.add(entry.getFilename());
				}
				return true;
			});
			return names;
		});
	}

	@Override
	public void list(String directory, Depth depth, ObjectVisitor visitor) throws IOException {
		AtomicBoolean begun = new AtomicBoolean();
		this.<@Nullable Void>call("list", directory, () -> !begun.get(), (channel) -> {
			Deque<String> directories = new ArrayDeque<>(List.of(directory));
			AtomicBoolean ended = new AtomicBoolean();
			while (!directories.isEmpty() && !ended.get()) {
				String current = directories.pop();
				visit(channel, current, (entry) -> {
					String name = current.isEmpty() ? entry.getFilename() : current + '/' + entry.getFilename();
					SftpClient.Attributes attributes = entry.getAttributes();
					if (attributes.isDirectory() && depth == Depth.TREE) {
						directories.push(name);
					}
					else if (attributes.isRegularFile()) {
						begun.set(true);
						ended.set(!show(stored(name, attributes), visitor));
					}
					return !ended.get();
				});
			}
			return null;
		});
	}

	private static boolean show(StoredObject object, ObjectVisitor visitor) throws Foreign {
		try {
			return visitor.visit(object);
		}
		catch (IOException ex) {
			throw new Foreign(ex);
		}
	}

	/** Sees what is not hidden in a directory, page by page; nothing if there is none. */
	private void visit(SftpChannel channel, String directory, EntryVisitor visitor) throws IOException {
		String path = path(directory);
		List<String> drafts = new ArrayList<>();
		SftpClient.CloseableHandle handle;
		try {
			handle = channel.openDir(path);
		}
		catch (SftpException ex) {
			if (ex.getStatus() != SftpConstants.SSH_FX_NO_SUCH_FILE) {
				throw ex;
			}
			requireDirectory(channel);
			return;
		}
		try {
			for (List<SftpClient.DirEntry> page = channel.readDir(handle); page != null; page = channel
				.readDir(handle)) {
				for (SftpClient.DirEntry entry : page) {
					String name = entry.getFilename();
					if (!name.startsWith(".")) {
						if (!visitor.visit(entry)) {
							return;
						}
					}
					else if (this.writer.isStale(entry)) {
						drafts.add(path + '/' + name);
					}
				}
			}
		}
		finally {
			channel.closeQuietly(handle.getIdentifier());
		}
		this.writer.discard(channel, drafts);
	}

	/** A place that is missing is empty; one that is something else is no place. */
	private void requireDirectory(SftpChannel channel) throws IOException {
		try {
			if (!channel.stat(this.location.path()).isDirectory()) {
				throw new SftpFailure("%s is not a directory; move it away, or correct the replica's url"
					.formatted(this.location.path()), null);
			}
		}
		catch (SftpException ex) {
			if (ex.getStatus() != SftpConstants.SSH_FX_NO_SUCH_FILE) {
				throw ex;
			}
		}
	}

	@Override
	public StoredObject put(NewObject object, ObjectContent content) throws IOException {
		return call("write to", object.name(), Repeat.SAFE, (channel) -> this.writer.write(channel, object, content));
	}

	@Override
	public OpenedObject open(StoredObject object, long from, long to) throws IOException {
		String path = path(object.name());
		return use("read from", object.name(), Repeat.SAFE, (connection) -> {
			SftpChannel channel = connection.channel();
			byte[] handle = open(channel, path);
			SftpInputStream in = new SftpInputStream(connection, this.errors, this.connections.access().timeout(), path,
					handle, from, to);
			boolean opened = false;
			try {
				int asked = channel.sendStat(handle);
				in.ask();
				SftpClient.Attributes attributes = channel.awaitStat(asked);
				StoredObject now = stored(object.name(), attributes);
				if (!attributes.isRegularFile()) {
					throw new NoSuchFileException(path);
				}
				if (object.tag() != null && !object.tag().equals(now.tag())) {
					throw new ObjectReplacedException("%s of the replica %s was replaced while it was read; try again"
						.formatted(object.name(), url()), null);
				}
				in.cut(now.size());
				opened = true;
				return new OpenedObject(in, now);
			}
			finally {
				if (!opened) {
					in.close();
				}
			}
		});
	}

	private static byte[] open(SftpChannel channel, String path) throws IOException {
		try {
			return channel.openForReading(path);
		}
		catch (SftpException ex) {
			if (ex.getStatus() == SftpConstants.SSH_FX_NO_SUCH_FILE) {
				throw new NoSuchFileException(path);
			}
			throw ex;
		}
	}

	@Override
	public Optional<StoredObject> stat(String name) throws IOException {
		return call("read from", name, Repeat.SAFE, (channel) -> {
			try {
				SftpClient.Attributes attributes = channel.lstat(path(name));
				return attributes.isRegularFile() ? Optional.of(stored(name, attributes)) : Optional.empty();
			}
			catch (SftpException ex) {
				if (ex.getStatus() == SftpConstants.SSH_FX_NO_SUCH_FILE) {
					return Optional.empty();
				}
				throw ex;
			}
		});
	}

	@Override
	public Map<String, String> metadata(String name) throws IOException {
		if (stat(name).isEmpty()) {
			throw new NoSuchFileException(path(name));
		}
		return Map.of();
	}

	@Override
	public void delete(Collection<String> names) throws IOException {
		if (!names.isEmpty()) {
			this.<@Nullable Void>call("delete from", names.iterator().next(), Repeat.SAFE, (channel) -> {
				this.writer.delete(channel, names);
				return null;
			});
		}
	}

	@Override
	public void close() {
		if (this.freshness == SftpConnections.Freshness.ANY && this.closed.compareAndSet(false, true)) {
			this.connections.release();
		}
	}

	@Override
	public String toString() {
		return url();
	}

	private String path(String name) {
		return name.isEmpty() ? this.location.path() : this.location.path() + '/' + name;
	}

	/** A file as an object. */
	static StoredObject stored(String name, SftpClient.Attributes attributes) {
		Instant modifiedAt = attributes.getModifyTime().toInstant();
		return new StoredObject(name, attributes.getSize(), modifiedAt,
				"%x-%x".formatted(modifiedAt.getEpochSecond(), attributes.getSize()));
	}

	private <T extends @Nullable Object> T call(String action, String name, Repeat repeat, Call<T> call)
			throws IOException {
		return use(action, name, repeat, (connection) -> call.run(connection.channel()));
	}

	/**
	 * Does something with a connection. If that breaks, and has worked before, the server
	 * may have restarted since, or the network forgotten it: it is tried once more.
	 */
	private <T extends @Nullable Object> T use(String action, String name, Repeat repeat, Use<T> use)
			throws IOException {
		String path = path(name);
		SftpConnections.Freshness wanted = this.freshness;
		while (true) {
			SftpConnection connection = acquire(action, path, wanted);
			try {
				T result = use.run(connection);
				connection.prove();
				return result;
			}
			catch (Foreign ex) {
				throw ex.failure();
			}
			catch (SftpException | SftpFailure ex) {
				throw this.errors.explain(action, path, ex);
			}
			catch (NoSuchFileException | ObjectReplacedException | SftpErrors.Explained ex) {
				throw ex;
			}
			catch (PreconditionFailedException ex) {
				throw ex;
			}
			catch (IOException ex) {
				boolean interrupted = SftpChannel.isInterrupt(ex);
				if (!interrupted) {
					connection.breakOff();
				}
				boolean again = !interrupted && !isTimeout(ex) && connection.isProven() && repeat.isSafe()
						&& wanted == this.freshness && wanted == SftpConnections.Freshness.ANY;
				if (!again) {
					throw this.errors.explain(action, path, ex);
				}
				wanted = SftpConnections.Freshness.NEW;
			}
			finally {
				connection.done();
			}
		}
	}

	private static boolean isTimeout(IOException failure) {
		return SftpConnector.has(failure, SocketTimeoutException.class)
				|| SftpConnector.has(failure, TimeoutException.class);
	}

	private SftpConnection acquire(String action, String path, SftpConnections.Freshness wanted) throws IOException {
		if (this.closed.get()) {
			throw this.errors.explain(action, path, new SftpFailure("the store is closed", null));
		}
		try {
			return this.connections.acquire(wanted);
		}
		catch (IOException ex) {
			throw this.errors.explain(action, path, ex);
		}
	}

	/** Needs a connection's channel. */
	@FunctionalInterface
	private interface Call<T extends @Nullable Object> {

		T run(SftpChannel channel) throws IOException;

	}

	/** Needs a connection. */
	@FunctionalInterface
	private interface Use<T extends @Nullable Object> {

		T run(SftpConnection connection) throws IOException;

	}

	/** Whether something may be done a second time. */
	@FunctionalInterface
	private interface Repeat {

		/** It may. */
		Repeat SAFE = () -> true;

		boolean isSafe();

	}

	/** Sees what is in a directory. */
	@FunctionalInterface
	private interface EntryVisitor {

		/** Returns whether to go on. */
		boolean visit(SftpClient.DirEntry entry) throws IOException;

	}

	/** A failure that is not the store's. */
	static final class Foreign extends IOException {

		private static final long serialVersionUID = 1L;

		private final IOException failure;

		Foreign(IOException failure) {
			super(failure);
			this.failure = failure;
		}

		IOException failure() {
			return this.failure;
		}

	}

}
