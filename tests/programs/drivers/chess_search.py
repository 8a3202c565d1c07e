"""Plays chess games by looking three moves ahead."""

import chess
from common import RANDOM, loaded, scaled, show

VALUES = {chess.PAWN: 1, chess.KNIGHT: 3, chess.BISHOP: 3, chess.ROOK: 5, chess.QUEEN: 9, chess.KING: 0}


def value_of(board):
    total = sum(VALUES[piece.piece_type] * (1 if piece.color else -1) for piece in board.piece_map().values())
    return total if board.turn else -total


def search(board, depth, alpha, beta):
    if not depth:
        return value_of(board)
    best = -1000
    for move in board.legal_moves:
        board.push(move)
        best = max(best, -search(board, depth - 1, -beta, -alpha))
        board.pop()
        alpha = max(alpha, best)
        if alpha >= beta:
            break
    return best


def play(moves):
    board = chess.Board()
    for _ in range(moves):
        options = sorted(board.legal_moves, key=chess.Move.uci)
        if not options:
            break
        tried = RANDOM.sample(options, min(4, len(options)))
        chosen = []
        for move in tried:
            board.push(move)
            chosen.append((-search(board.copy(stack=False), 1, -1000, 1000), move.uci()))
            board.pop()
        board.push_uci(max(chosen)[1])
    return board.fen()


loaded()
show(play(26) for _ in range(scaled(10)))
