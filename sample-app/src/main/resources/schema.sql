create table if not exists notes (
	id integer primary key autoincrement,
	text text not null,
	created_at text not null
);
