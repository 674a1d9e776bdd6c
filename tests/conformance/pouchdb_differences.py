"""Where pouchdb-server 4.2 is known to differ from CouchDB.

It is a peer that others wrote, no backend that Divan runs on: what the two have in common is asked
of it.
"""

from tests.conformance.difference import Difference

ODD = "test_views.py::test_what_becomes_of_odd_keys_and_values"

POUCHDB = (
    Difference(
        "it has no users of the store's, and its validate functions must be one expression",
        (
            "test_security.py",
            "test_validate.py",
        ),
    ),
    Difference(
        "its Mango is another program: other words, no covering, a hostile pattern hangs it",
        (
            "test_find.py",
            "test_find_indexes.py",
        ),
    ),
    Difference(
        "it looks at design documents when they are asked, not when they are written",
        (
            "test_design_documents.py",
            "test_views.py::test_a_map_function_that_does_not_compile",
        ),
    ),
    Difference(
        "its reductions are another program's, without those of 3.5",
        ("test_reductions.py",),
    ),
    Difference(
        "it answers no several queries in one request, of which ranges are merged",
        ("test_merged.py",),
    ),
    Difference(
        "it keeps branches whose histories do not meet apart, and tells less of them",
        (
            "test_random_trees.py",
            "test_conflicts.py::test_an_edit_beats_a_deletion_however_long",
            "test_conflicts.py::test_changes_tell_all_leaves_when_asked",
            "test_conflicts.py::test_deleting_the_winner_brings_the_other_back",
        ),
    ),
    Difference(
        "ids, keys and items stand in the order of JavaScript",
        (
            "test_all_docs.py::test_ids_are_in_the_order_of_their_bytes",
            "test_all_docs.py::test_ranges[options0-expected0]",
            "test_documents.py::test_items_keep_their_order",
            "test_documents.py::test_a_document_comes_back_as_it_was_put",
            "test_views.py::test_keys_of_every_type_in_order",
            "test_views.py::test_rows_of_one_document_with_one_key_are_ordered_by_value",
        ),
    ),
    Difference(
        "offsets, ends by document and linked documents are not as CouchDB's",
        (
            "test_all_docs.py::test_the_offset_says_where_the_rows_begin",
            "test_all_docs.py::test_include_docs_gives_the_documents",
            "test_views.py::test_skip_limit_and_offset",
            "test_views.py::test_document_ids_narrow_the_ends",
            "test_views.py::test_include_docs_of_linked_documents",
            "test_views.py::test_a_linked_document_of_a_certain_revision",
            "test_views.py::test_one_of_keys_is_a_key_and_the_ends_win_over_both",
            "test_views.py::test_a_group_level_counts_more_than_group",
        ),
    ),
    Difference(
        "it lacks the path",
        (
            "test_all_docs.py::test_design_documents_are_listed_apart",
            "test_all_docs.py::test_local_documents_are_listed_apart",
            "test_maintenance.py::test_a_purged_document_never_was",
            "test_servers.py::test_standings_tell_of_every_change",
            "test_maintenance.py::test_purging_one_branch_leaves_the_other",
            "test_maintenance.py::test_the_last_purges_are_told",
            "test_maintenance.py::test_the_history_is_stemmed_to_the_limit",
            "test_maintenance.py::test_info_has_couchdbs_members",
            "test_maintenance.py::test_the_index_of_a_design_document_can_be_compacted",
            "test_views.py::test_several_queries_at_once",
            "test_views.py::test_what_is_known_of_an_index",
            "test_documents.py::test_info_counts_live_and_deleted_documents",
            "test_servers.py::test_a_database_is_there_until_it_is_deleted",
        ),
    ),
    Difference(
        "it takes what is malformed, or answers otherwise",
        (
            "test_bulk.py::test_a_malformed_document_refuses_the_whole[bad0-IllegalDocId]",
            "test_bulk.py::test_a_malformed_document_refuses_the_whole[bad1-IllegalDocId]",
            "test_bulk.py::test_a_malformed_document_refuses_the_whole[bad10-BadRequest]",
            "test_bulk.py::test_a_malformed_document_refuses_the_whole[bad11-BadRequest]",
            "test_bulk.py::test_a_malformed_document_refuses_the_whole[bad12-BadRequest]",
            "test_bulk.py::test_a_malformed_document_refuses_the_whole[bad2-IllegalDocId]",
            "test_bulk.py::test_a_malformed_document_refuses_the_whole[bad4-BadDocument]",
            "test_bulk.py::test_a_malformed_document_refuses_the_whole[bad5-BadDocument]",
            "test_bulk.py::test_a_malformed_document_refuses_the_whole[bad6-BadDocument]",
            "test_bulk.py::test_a_malformed_document_refuses_the_whole[bad7-BadDocument]",
            "test_bulk.py::test_a_malformed_document_refuses_the_whole[bad8-BadDocument]",
            "test_bulk.py::test_a_replicated_document_needs_a_revision",
            "test_bulk.py::test_bulk_get_answers_each_entry",
            "test_bulk.py::test_malformed_revisions_are_refused[1-a]",
            "test_bulk.py::test_malformed_revisions_are_refused[bad0]",
            "test_bulk.py::test_revs_diff_tells_what_is_missing",
            "test_documents.py::test_a_bad_document_is_refused_and_leaves_nothing[attachments]",
            "test_documents.py::test_a_bad_document_is_refused_and_leaves_nothing[base64]",
            "test_documents.py::test_a_malformed_revision_is_refused[1]",
            "test_documents.py::test_a_malformed_revision_is_refused[-1]",
            "test_documents.py::test_a_malformed_revision_is_refused[]",
            "test_documents.py::test_a_malformed_revision_is_refused[x-1]",
            "test_documents.py::test_a_deleted_document_is_missing_but_its_revisions_are_there",
            "test_changes.py::test_a_bad_sequence_is_refused",
            "test_changes.py::test_a_bad_option_is_told_by_the_first_page",
            "test_views.py::test_options_that_contradict_one_another[by_region-options2]",
            "test_views.py::test_options_that_contradict_one_another[by_region-options3]",
            "test_views.py::test_options_that_contradict_one_another[by_region-options4]",
            "test_views.py::test_options_that_contradict_one_another[by_region-options5]",
            "test_views.py::test_options_that_contradict_one_another[by_stage-options10]",
            "test_views.py::test_options_that_contradict_one_another[by_stage-options11]",
            "test_views.py::test_options_that_contradict_one_another[by_stage-options7]",
            "test_views.py::test_options_that_contradict_one_another[by_stage-options9]",
        ),
    ),
    Difference(
        "revisions are random numbers",
        ("test_documents.py::test_same_content_on_same_parent_has_the_same_revision",),
    ),
    Difference(
        "its changes feed knows no pending, seq_interval or limit of 0, and does not end in time",
        (
            "test_changes.py::test_a_feed_can_be_read_in_pieces",
            "test_changes.py::test_a_filter_function_chooses",
            "test_changes.py::test_descending_ignores_since",
            "test_changes.py::test_each_document_stands_once_at_its_latest_change",
            "test_changes.py::test_no_rows_are_asked_for",
            "test_changes.py::test_only_some_rows_tell_their_sequence",
            "test_changes.py::test_pages_are_the_whole_in_parts",
            "test_changes.py::test_waiting_ends_with_the_time",
            "test_filters.py::test_a_filter_chooses_among_all_leaves_where_all_are_asked_for",
            "test_filters.py::test_by_a_selector",
            "test_filters.py::test_design_documents_only",
        ),
    ),
    Difference(
        "attachments: no atts_since, no kept gzip, no check of digests; stubs of others are taken",
        (
            "test_attachments.py::test_a_known_digest_does_not_give_another_documents_content",
            "test_attachments.py::test_an_attachment_goes_on_a_revision_that_is_there",
            "test_attachments.py::test_base64_may_stand_in_lines",
            "test_attachments.py::test_replicated_attachments_are_kept",
            "test_streams.py::test_attachments_since_a_revision",
            "test_streams.py::test_bytes_must_have_the_digest_that_came_with_them",
            "test_streams.py::test_zipped_bytes_are_kept_zipped_and_read_plain",
        ),
    ),
    Difference(
        "its map functions run in Node itself, with Node's own ways",
        (
            "test_views.py::test_a_library_is_required",
            "test_views.py::test_options_of_a_design_document",
            ODD + "[emit(function () {}, function () {})-None-None]",
            ODD
            + "[emit(new Date(0), {toJSON: function () { return 'own'; }})"
            + "-1970-01-01T00:00:00.000Z-own]",
            ODD + "[emit(1, new TypeError('no'))-1-value11]",
            ODD + "[doc.k = 7; emit(typeof doc.k, 0)-undefined-0]",
        ),
    ),
)
