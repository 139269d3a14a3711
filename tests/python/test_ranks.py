"""thalweg.Comm over messages of one's own: ranks that are threads of this process."""

import array
import math
import queue
import tempfile
import threading
import unittest

import thalweg

CHAIN = "clip_norm(1) | adam | lr(0.1)"
SIZE = 3 * 2048 + 5


class Post:
    """What ranks send each other."""

    def __init__(self, ranks: int):
        self.size = ranks
        self.queues = {(a, b): queue.Queue() for a in range(ranks) for b in range(ranks)}


class Messages:
    def __init__(self, post: Post, rank: int):
        self.post, self.rank, self.size = post, rank, post.size
        self.expected: dict[int, tuple[int, memoryview]] = {}
        self.number = 0

    def send(self, to, memory):
        self.post.queues[self.rank, to].put(bytes(memory))

    def receive(self, from_, memory):
        self.number += 1
        self.expected[self.number] = (from_, memory)
        return self.number

    def done(self, number):
        if number == 0:
            return True
        from_, memory = self.expected[number]
        if self.post.queues[from_, self.rank].empty():
            return False
        memory[:] = self.post.queues[from_, self.rank].get()
        del self.expected[number]
        return True

    def host(self, rank):
        return f"node{rank}"


def on_ranks(ranks: int, f) -> list:
    """What f(comm) gives on each of them."""
    post, given, raised = Post(ranks), [None] * ranks, []

    def run(rank):
        try:
            given[rank] = f(thalweg.Comm(Messages(post, rank), deadline=20))
        except BaseException as error:  # of the thread
            raised.append(error)

    threads = [threading.Thread(target=run, args=(rank,)) for rank in range(ranks)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if raised:
        raise raised[0]
    return given


def start() -> array.array:
    return array.array("f", (math.sin(i) for i in range(SIZE)))


def gradient(rank: int, update: int) -> array.array:
    return array.array("f", ((i * 7 + 3 * rank + update) % 11 - 5 for i in range(SIZE)))


def alone(ranks: int) -> bytes:
    """What one process would save that has the means."""
    w = start()
    optimizer = thalweg.Optimizer({"w": w}, CHAIN, threads=1)
    for update in range(3):
        parts = [gradient(rank, update) for rank in range(ranks)]
        optimizer.step({"w": array.array("f", (sum(numbers) * (1 / ranks) for numbers in zip(*parts)))})
    return optimizer.to_bytes()


def together(comm, **options):
    w = start()
    optimizer = thalweg.Optimizer({"w": w}, CHAIN, threads=1, comm=comm, **options)
    for update in range(3):
        optimizer.step({"w": gradient(comm.rank, update)})
    return optimizer


class Ranks(unittest.TestCase):
    def test_the_bits_are_those_of_one_process(self):
        for ranks, whole in ((1, False), (2, False), (3, False), (3, True)):
            saved = on_ranks(ranks, lambda comm: together(comm, whole_state=whole).to_bytes())
            self.assertEqual(saved, [alone(ranks)] + [b""] * (ranks - 1))

    def test_each_has_its_part_of_the_state(self):
        def run(comm):
            optimizer = together(comm)
            before = [list(one).count(0.0) for one in optimizer.state().values()]
            optimizer.gather_state(1)
            return optimizer.state_bytes, before, [list(one).count(0.0) for one in optimizer.state().values()]

        first, second = on_ranks(2, run)
        self.assertEqual((first[0], second[0]), (2 * 4 * 4096, 2 * 4 * (SIZE - 4096)))
        self.assertEqual(first[2], first[1])
        self.assertEqual(second[1], [4096, 4096])
        self.assertTrue(all(count < 10 for count in second[2]))

    def test_a_training_is_saved_by_one_and_taken_up_by_all(self):
        with tempfile.TemporaryDirectory() as folder:
            def run(comm):
                optimizer = together(comm)
                optimizer.save(f"{folder}/saved")
                w = start()
                resumed = thalweg.Optimizer({"w": w}, CHAIN, threads=1, comm=comm)
                resumed.load(f"{folder}/saved")
                for one in (optimizer, resumed):
                    one.step({"w": gradient(comm.rank, 9)})
                return optimizer.to_bytes() == resumed.to_bytes()

            self.assertEqual(on_ranks(2, run), [True, True])
            with open(f"{folder}/saved", "rb") as file:
                self.assertEqual(file.read(), alone(2))

    def test_what_fails_on_one_fails_on_all(self):
        def run(comm):
            optimizer = together(comm)
            try:
                if comm.rank == 1:
                    optimizer.load("/absent")
                else:
                    optimizer.from_bytes(alone(2))
            except thalweg.Error as error:
                return type(error).__name__, "absent" in str(error)
            return "nothing"

        self.assertEqual(on_ranks(2, run), [("Error", False), ("DataError", True)])
        self.assertEqual(on_ranks(3, lambda comm: comm.most(comm.rank * 2)), [4, 4, 4])

    def test_what_functions_raise_is_the_cause(self):
        class Broken(Messages):
            def send(self, to, memory):
                raise self.raises("the cable is out")

        for raises in (ValueError, KeyboardInterrupt):
            messages = Broken(Post(2), 0)
            messages.raises = raises
            comm = thalweg.Comm(messages)
            with self.assertRaises(thalweg.Error if raises is ValueError else raises) as caught:
                comm.most(1)
            if raises is ValueError:
                self.assertIsInstance(caught.exception.__cause__, ValueError)
                self.assertIn("`send` failed to rank 1 on node1; got ValueError: the cable is out", str(caught.exception))
        with self.assertRaises(thalweg.UsageError) as caught:  # whose cause is another
            thalweg.Optimizer({"w": start()}, "adm(lr=1)")
        self.assertIsNone(caught.exception.__cause__)

    def test_a_rank_that_does_not_answer_is_named(self):
        comm = thalweg.Comm(Messages(Post(2), 0), deadline=0.01)
        with self.assertRaisesRegex(thalweg.Error, "rank 1 on node1: nothing came from it"):
            comm.most(1)
        with self.assertRaisesRegex(thalweg.UsageError, "seconds"):
            thalweg.Comm(deadline=0)

    def test_ranks_are_ended(self):
        class Ends(Messages):
            def abort(self, code, why):
                self.ended = (code, why)
                if code == 9:
                    raise OSError("not from here")

        messages = Ends(Post(2), 1)
        comm = thalweg.Comm(messages)
        comm.abort(3, "enough")
        self.assertEqual(messages.ended, (3, "enough"))
        with self.assertRaisesRegex(OSError, "not from here"):
            comm.abort(9, "enough")

    def test_what_is_no_communicator_is_refused(self):
        with self.assertRaisesRegex(thalweg.UsageError, "comm: it has no `rank`; got int"):
            thalweg.Optimizer({"w": start()}, CHAIN, comm=3)
        with self.assertRaisesRegex(thalweg.UsageError, "it is none of the ranks"):
            thalweg.Comm(Messages(Post(2), 2))
        comm = thalweg.Comm()
        self.assertEqual((comm.rank, comm.size), (0, 1))
        optimizer = thalweg.Optimizer({"w": start()}, CHAIN, comm=comm)
        with self.assertRaises(thalweg.UsageError):  # which a step writes to
            optimizer.step({"w": memoryview(bytes(4 * SIZE)).cast("f")})


if __name__ == "__main__":
    unittest.main()
