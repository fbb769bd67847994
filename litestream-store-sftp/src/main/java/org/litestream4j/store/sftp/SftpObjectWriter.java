package org.litestream4j.store.sftp;

import java.io.IOException;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Deque;
import java.util.HexFormat;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.regex.Pattern;

import org.apache.sshd.sftp.client.SftpClient;
import org.apache.sshd.sftp.common.SftpConstants;
import org.apache.sshd.sftp.common.SftpException;
import org.jspecify.annotations.Nullable;

import org.litestream4j.store.FileClock;
import org.litestream4j.store.NewObject;
import org.litestream4j.store.ObjectContent;
import org.litestream4j.store.Precondition;
import org.litestream4j.store.PreconditionFailedException;
import org.litestream4j.store.StoreCapabilities;
import org.litestream4j.store.StoredObject;
import org.litestream4j.store.sftp.SftpDraft.Dating;

/**
 * Writes and deletes the objects of a store, whole or not at all. Thread-safe.
 */
final class SftpObjectWriter {

	/*-
	 * A draft is in its object's directory, so that the rename is atomic:
	 *
	 * .<object>.<16 hex, random>.tmp
	 */
	private static final Pattern DRAFT = Pattern.compile("\\..+\\.[0-9a-f]{16}\\.tmp");

	/**
	 * A draft that nobody has written to for this long was left by a crash. A younger one
	 * may be another process's, at work right now.
	 */
	private static final Duration STALE = Duration.ofMinutes(15);

	private static final int DELETIONS_AT_ONCE = 32;

	private static final SecureRandom RANDOM = new SecureRandom();

	private final String root;

	private final Duration patience;

	private final SftpDirectories directories;

	private final FileClock clock = new FileClock();

	private volatile StoreCapabilities.Conditions conditions = StoreCapabilities.Conditions.UNTRIED;

	/** Drafts whose connection broke. */
	private final Set<String> left = ConcurrentHashMap.newKeySet();

	SftpObjectWriter(String root, int permissions) {
		this(root, permissions, SftpExchange.PATIENCE);
	}

	/**
	 * Creates a writer.
	 * @param patience how long to let another replace what is to be replaced
	 */
	SftpObjectWriter(String root, int permissions, Duration patience) {
		this.patience = patience;
		this.root = root;
		this.directories = new SftpDirectories(root, permissions);
	}

	Optional<Duration> clockOffset() {
		return this.clock.ahead();
	}

	/** Whether preconditions are decided atomically, as far as one was tried. */
	StoreCapabilities.Conditions conditions() {
		return this.conditions;
	}

	StoredObject write(SftpChannel channel, NewObject object, ObjectContent content) throws IOException {
		String target = path(object.name());
		requireSupported(channel, object);
		SftpExchange exchange = exchange(channel, object, target);
		String directory = target.substring(0, target.lastIndexOf('/'));
		String draft = draft(target);
		Instant begun = Instant.now();
		boolean answered = false;
		boolean published = false;
		try {
			byte[] handle = this.directories.createDraft(channel, directory, draft, object.neighbors());
			SftpDraft.Finished finished = (exchange != null)
					? fill(channel, handle, content, exchange.next(serverTime()), Dating.REQUIRED)
					: fill(channel, handle, content, object.dated(), Dating.WHERE_POSSIBLE);
			SftpClient.Attributes attributes = finished.stored();
			if (exchange != null) {
				exchange.requireDated(attributes);
			}
			this.directories.note(directory);
			publish(channel, draft, target, object, exchange);
			published = true;
			StoredObject stored = SftpStore.stored(object.name(), attributes);
			if (exchange == null) {
				this.clock.written(begun, SftpStore.stored(object.name(), finished.written()).storedAt());
			}
			return stored;
		}
		catch (SftpException ex) {
			answered = true;
			throw explain(channel, directory, ex);
		}
		catch (SftpStore.Foreign | SftpFailure | PreconditionFailedException | RuntimeException ex) {
			answered = true;
			throw ex;
		}
		finally {
			if (!published) {
				this.left.add(draft);
			}
			if (published || answered) {
				discard(channel, List.copyOf(this.left));
			}
		}
	}

	private static String draft(String target) {
		int slash = target.lastIndexOf('/');
		return "%s/.%s.%s.tmp".formatted(target.substring(0, slash), target.substring(slash + 1),
				HexFormat.of().toHexDigits(RANDOM.nextLong()));
	}

	/** Whether a file's name is that of a draft. */
	static boolean isDraft(String fileName) {
		return DRAFT.matcher(fileName).matches() && fileName.indexOf('/') < 0;
	}

	/**
	 * A server that has these decides on a name in one step. Of others one does not know:
	 * many look first, and rename then.
	 */
	private void requireSupported(SftpChannel channel, NewObject object) {
		if (!channel.canLink() || !channel.canReplace()) {
			this.conditions = StoreCapabilities.Conditions.NONE;
		}
		if (object.precondition() != Precondition.NONE && this.conditions == StoreCapabilities.Conditions.NONE) {
			throw unsupported(object, null);
		}
	}

	private static UnsupportedOperationException unsupported(NewObject object, @Nullable Exception cause) {
		return new UnsupportedOperationException(
				"%s cannot be stored on a condition: the server has no hard links (hardlink@openssh.com, posix-rename@openssh.com)"
					.formatted(object.name()),
				cause);
	}

	/** Looks at once: what is too late need not be sent. */
	private @Nullable SftpExchange exchange(SftpChannel channel, NewObject object, String target) throws IOException {
		if (!(object.precondition() instanceof Precondition.Unchanged unchanged)) {
			return null;
		}
		SftpExchange exchange = new SftpExchange(channel, object.name(), target, unchanged.tag(), this.patience);
		exchange.requireUnchanged();
		return exchange;
	}

	private Instant serverTime() {
		return Instant.now().plus(this.clock.ahead().orElse(Duration.ZERO));
	}

	private static SftpDraft.Finished fill(SftpChannel channel, byte[] handle, ObjectContent content,
			@Nullable Instant modifiedAt, Dating dating) throws IOException {
		SftpDraft file = new SftpDraft(channel, handle);
		boolean finished = false;
		try {
			write(file, content);
			SftpDraft.Finished stored = file.finish(modifiedAt, dating);
			finished = true;
			return stored;
		}
		finally {
			if (!finished) {
				file.abort();
			}
		}
	}

	/** Tells a failure of the store, which the content passed on, from one of its own. */
	private static void write(SftpDraft file, ObjectContent content) throws IOException {
		try {
			content.writeTo(file);
		}
		catch (IOException ex) {
			for (Throwable cause = ex; cause != null; cause = cause.getCause()) {
				if (cause instanceof SftpDraft.StoreException own) {
					throw own.failure();
				}
			}
			throw new SftpStore.Foreign(ex);
		}
	}

	private void publish(SftpChannel channel, String draft, String target, NewObject object,
			@Nullable SftpExchange exchange) throws IOException {
		if (exchange != null) {
			discard(channel, List.copyOf(this.left)); // what one has given up oneself
			String marker = draft(target);
			try {
				exchange.publish(draft, marker);
			}
			finally {
				this.left.add(marker);
			}
		}
		else if (object.precondition() == Precondition.ABSENT) {
			publishNew(channel, draft, target, object);
		}
		else if (channel.canReplace()) {
			channel.replace(draft, target); // commit point
		}
		else {
			replaceSlowly(channel, draft, target);
		}
	}

	/**
	 * The draft of a link stays, and is discarded. What was in the way may be gone when
	 * one looks for it.
	 */
	private void publishNew(SftpChannel channel, String draft, String target, NewObject object) throws IOException {
		for (int attempt = 1;; attempt++) {
			try {
				channel.link(draft, target); // commit point
				this.conditions = StoreCapabilities.Conditions.ATOMIC;
				discard(channel, List.of(draft));
				return;
			}
			catch (SftpException ex) {
				if (SftpDirectories.exists(channel, target)) {
					throw new PreconditionFailedException(
							"%s was not stored: it is there already".formatted(object.name()), ex);
				}
				if (isFinal(ex) || attempt == SftpDirectories.TRIES) {
					throw withoutLinks(channel, draft, object, ex);
				}
			}
		}
	}

	/**
	 * Whoever may make a draft may make a link to it in the same directory, if there is
	 * room, and there are links: in FAT there are none, and a server says so in many
	 * ways.
	 */
	private IOException withoutLinks(SftpChannel channel, String draft, NewObject object, SftpException refusal) {
		if (SftpDirectories.isMissing(refusal)
				|| explain(channel, draft.substring(0, draft.lastIndexOf('/')), refusal) instanceof SftpFailure) {
			return refusal;
		}
		this.conditions = StoreCapabilities.Conditions.NONE;
		throw unsupported(object, refusal);
	}

	/**
	 * A rename as SFTP has it replaces nothing. For a moment there is no object: whoever
	 * is interrupted right then has lost it, but not what was to replace it.
	 */
	private static void replaceSlowly(SftpChannel channel, String draft, String target) throws IOException {
		for (int attempt = 1;; attempt++) {
			try {
				channel.renameToNew(draft, target); // commit point
				return;
			}
			catch (SftpException ex) {
				if (isFinal(ex) || attempt == SftpDirectories.TRIES) {
					throw ex;
				}
			}
			removeIfThere(channel, target);
		}
	}

	private static void removeIfThere(SftpChannel channel, String path) throws IOException {
		try {
			channel.remove(path);
		}
		catch (SftpException ex) {
			if (!SftpDirectories.isMissing(ex)) {
				throw ex;
			}
		}
	}

	/** Nothing that others do meanwhile is refused like this. */
	private static boolean isFinal(SftpException refusal) {
		return refusal.getStatus() == SftpConstants.SSH_FX_PERMISSION_DENIED
				|| refusal.getStatus() == SftpConstants.SSH_FX_NO_SUCH_FILE
				|| refusal.getStatus() == SftpConstants.SSH_FX_OP_UNSUPPORTED;
	}

	/** Deletes drafts, if they can be; those that cannot are tried again later. */
	void discard(SftpChannel channel, Collection<String> drafts) {
		try {
			for (String draft : drafts) {
				try {
					channel.remove(draft);
				}
				catch (SftpException ex) {
					// gone already, or may not be: then it is found when it is stale
				}
				this.left.remove(draft);
			}
		}
		catch (IOException ex) {
			// what made them useless matters more; a later write deletes them
		}
	}

	/** Whether a file is a draft that a crash has left, of who writes here. */
	boolean isStale(SftpClient.DirEntry entry) {
		return this.clock.isKnown() && DRAFT.matcher(entry.getFilename()).matches()
				&& entry.getAttributes().isRegularFile()
				&& entry.getAttributes().getModifyTime().toInstant().isBefore(staleBefore());
	}

	private Instant staleBefore() {
		return serverTime().minus(STALE);
	}

	/** In order; several are on their way at once. */
	void delete(SftpChannel channel, Collection<String> names) throws IOException {
		Set<String> directories = new LinkedHashSet<>();
		Deque<Integer> pending = new ArrayDeque<>();
		try {
			for (String name : names) {
				String path = path(name);
				if (pending.size() == DELETIONS_AT_ONCE) {
					awaitDeletion(channel, pending.remove());
				}
				pending.add(channel.sendRemove(path));
				directories.add(path.substring(0, path.lastIndexOf('/')));
			}
			while (!pending.isEmpty()) {
				awaitDeletion(channel, pending.remove());
			}
		}
		finally {
			pending.forEach(channel::abandon);
		}
		for (String directory : directories) {
			this.directories.removeEmpty(channel, directory, (path) -> deleteStale(channel, path));
		}
	}

	private static void awaitDeletion(SftpChannel channel, int id) throws IOException {
		try {
			channel.await(SftpConstants.SSH_FXP_REMOVE, id);
		}
		catch (SftpException ex) {
			if (ex.getStatus() != SftpConstants.SSH_FX_NO_SUCH_FILE) {
				throw ex;
			}
		}
	}

	/** Returns whether there was nothing else, or the directory is gone meanwhile. */
	private boolean deleteStale(SftpChannel channel, String directory) throws IOException {
		List<String> stale = new ArrayList<>();
		SftpClient.CloseableHandle handle;
		try {
			handle = channel.openDir(directory);
		}
		catch (SftpException ex) {
			return SftpDirectories.isMissing(ex);
		}
		try {
			List<SftpClient.DirEntry> page = channel.readDir(handle);
			for (SftpClient.DirEntry entry : (page != null) ? page : List.<SftpClient.DirEntry>of()) {
				if (isStale(entry)) {
					stale.add(directory + '/' + entry.getFilename());
				}
				else if (!entry.getFilename().equals(".") && !entry.getFilename().equals("..")) {
					return false;
				}
			}
		}
		catch (SftpException ex) {
			return SftpDirectories.isMissing(ex);
		}
		finally {
			channel.closeQuietly(handle.getIdentifier());
		}
		discard(channel, stale);
		return !stale.isEmpty();
	}

	/** A server that refuses often gives no reason; a full disk is one. */
	private IOException explain(SftpChannel channel, String directory, SftpException refusal) {
		if (refusal.getStatus() != SftpConstants.SSH_FX_FAILURE) {
			return refusal;
		}
		try {
			for (String path = directory; path.lastIndexOf('/') > 0; path = path.substring(0, path.lastIndexOf('/'))) {
				if (SftpDirectories.exists(channel, path) && !SftpDirectories.isDirectory(channel, path)) {
					return new SftpFailure(
							"%s is not a directory; move it away, or correct the replica's url".formatted(path),
							refusal);
				}
			}
			SftpChannel.Space space = channel.space(SftpDirectories.exists(channel, directory) ? directory : this.root);
			if (space != null && space.readOnly()) {
				return new SftpFailure("its file system is read-only; mount it for writing", refusal);
			}
			if (space != null && (space.bytes() < 1 << 20 || (space.files() > 0 && space.freeFiles() == 0))) {
				return new SftpFailure("it is full; free space there", refusal);
			}
		}
		catch (IOException ex) {
			// then it stays without a reason
		}
		return refusal;
	}

	private String path(String name) {
		return this.root + '/' + name;
	}

}
