package org.litestream4j.sample;

import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Map;

import org.jspecify.annotations.Nullable;

import org.springframework.http.HttpStatus;
import org.springframework.web.bind.annotation.DeleteMapping;
import org.springframework.web.bind.annotation.GetMapping;
import org.springframework.web.bind.annotation.PathVariable;
import org.springframework.web.bind.annotation.PostMapping;
import org.springframework.web.bind.annotation.PutMapping;
import org.springframework.web.bind.annotation.RequestBody;
import org.springframework.web.bind.annotation.RequestMapping;
import org.springframework.web.bind.annotation.RequestParam;
import org.springframework.web.bind.annotation.ResponseStatus;
import org.springframework.web.bind.annotation.RestController;

/**
 * {@code /api/notes}.
 */
@RestController
@RequestMapping("/api/notes")
class NoteController {

	static final int MAX_TEXT_LENGTH = 100_000;

	static final int MAX_LIMIT = 10_000;

	private final NoteRepository notes;

	NoteController(NoteRepository notes) {
		this.notes = notes;
	}

	@PostMapping
	@ResponseStatus(HttpStatus.CREATED)
	Note add(@RequestBody NewNote note) {
		return this.notes.add(checked(note.text()));
	}

	private static String checked(@Nullable String text) {
		if (text == null || text.isBlank()) {
			throw new RefusedException(HttpStatus.BAD_REQUEST, "A note needs a \"text\" that is not blank.");
		}
		if (text.length() > MAX_TEXT_LENGTH) {
			throw new RefusedException(HttpStatus.BAD_REQUEST,
					"The text has %,d characters, but a note may have at most %,d.".formatted(text.length(),
							MAX_TEXT_LENGTH));
		}
		return text;
	}

	/**
	 * The newest notes first; of a larger limit only {@value #MAX_LIMIT} are answered.
	 */
	@GetMapping
	List<Note> newest(@RequestParam(defaultValue = "50") int limit) {
		if (limit < 1) {
			throw new RefusedException(HttpStatus.BAD_REQUEST,
					"The limit is %d, but it must be 1 or more.".formatted(limit));
		}
		return this.notes.newest(Math.min(limit, MAX_LIMIT));
	}

	@GetMapping("/count")
	Map<String, Long> count() {
		return Map.of("count", this.notes.count());
	}

	/** Takes a deletion back: the note has its old place and time again. */
	@PutMapping("/{id}")
	Note undelete(@PathVariable long id, @RequestBody DeletedNote note) {
		Instant createdAt = note.createdAt();
		if (createdAt == null) {
			throw new RefusedException(HttpStatus.BAD_REQUEST, "A note that comes back needs its \"createdAt\".");
		}
		Note back = new Note(id, checked(note.text()), createdAt.truncatedTo(ChronoUnit.MILLIS));
		if (!this.notes.undelete(back)) {
			throw new RefusedException(HttpStatus.CONFLICT, "Note %d is there, or never was.".formatted(id));
		}
		return back;
	}

	@DeleteMapping("/{id}")
	@ResponseStatus(HttpStatus.NO_CONTENT)
	void delete(@PathVariable long id) {
		if (!this.notes.delete(id)) {
			throw new RefusedException(HttpStatus.NOT_FOUND, "There is no note %d.".formatted(id));
		}
	}

	record NewNote(@Nullable String text) {
	}

	record DeletedNote(@Nullable String text, @Nullable Instant createdAt) {
	}

}
