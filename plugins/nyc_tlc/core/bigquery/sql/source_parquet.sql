SELECT {columns}
FROM {raw}
