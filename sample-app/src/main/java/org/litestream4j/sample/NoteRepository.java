package org.litestream4j.sample;

import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Clock;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;

import org.springframework.jdbc.core.simple.JdbcClient;
import org.springframework.stereotype.Repository;

/**
 * The notes in the database, one statement and so one transaction a call.
 */
@Repository
class NoteRepository {

	private final JdbcClient jdbc;

	private final Clock clock = Clock.systemUTC();

	NoteRepository(JdbcClient jdbc) {
		this.jdbc = jdbc;
	}

	Note add(String text) {
		Instant createdAt = this.clock.instant().truncatedTo(ChronoUnit.MILLIS);
		long id = this.jdbc.sql("insert into notes (text, created_at) values (?, ?) returning id")
			.params(text, createdAt.toString())
			.query(Long.class)
			.single();
		return new Note(id, text, createdAt);
	}

	/** Whether the note was there once, and is back now. */
	boolean undelete(Note note) {
		return this.jdbc
			.sql("insert into notes (id, text, created_at) select :id, :text, :createdAt"
					+ " where :id between 1 and (select seq from sqlite_sequence where name = 'notes')"
					+ " on conflict (id) do nothing")
			.param("id", note.id())
			.param("text", note.text())
			.param("createdAt", note.createdAt().toString())
			.update() == 1;
	}

	/** The newest notes, newest first. */
	List<Note> newest(int limit) {
		return this.jdbc.sql("select id, text, created_at from notes order by id desc limit ?")
			.param(limit)
			.query(NoteRepository::note)
			.list();
	}

	long count() {
		return this.jdbc.sql("select count(*) from notes").query(Long.class).single();
	}

	/** Whether there was such a note to delete. */
	boolean delete(long id) {
		return this.jdbc.sql("delete from notes where id = ?").param(id).update() == 1;
	}

	private static Note note(ResultSet row, int number) throws SQLException {
		return new Note(row.getLong("id"), row.getString("text"), Instant.parse(row.getString("created_at")));
	}

}
